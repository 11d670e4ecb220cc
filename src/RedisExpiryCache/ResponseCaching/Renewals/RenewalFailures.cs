using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>When a resource may be renewed again after a renewal has failed, and where.</summary>
internal sealed class RenewalFailures(TimeProvider time)
{
    private const int Remembered = 10_000, LongestBackoffDoublings = 6;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    /// <summary>For so long a page that cannot be renewed in the background is revalidated in the foreground.</summary>
    private static readonly TimeSpan ForegroundPeriod = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<Failure> failures = new(Remembered);

    /// <param name="Times">In a row.</param>
    /// <param name="NotBefore">When the next renewal may begin.</param>
    /// <param name="IsForeground">Until then the page is revalidated in the foreground.</param>
    private sealed record Failure(int Times, DateTimeOffset NotBefore, bool IsForeground = false);

    /// <summary>Whether no renewal may begin yet.</summary>
    public bool IsTooSoon(string resource, out bool isForeground)
    {
        var failure = failures.Find(resource);
        isForeground = failure?.IsForeground is true;
        return failure?.NotBefore > time.GetUtcNow();
    }

    public void Remember(string resource, RenewalOutcome outcome)
    {
        var before = failures.Find(resource);
        switch (outcome)
        {
            case RenewalOutcome.NotNeeded:
                return;
            case RenewalOutcome.Done:
                if (before is not null)
                    failures.Remember(resource, new Failure(0, default));

                return;
            case RenewalOutcome.Failed:
                var times = (before?.Times ?? 0) + 1;
                var backoff = FirstBackoff * (1 << Math.Min(times - 1, LongestBackoffDoublings));
                failures.Remember(resource, new Failure(times, time.GetUtcNow() + backoff));
                return;
            default:
                failures.Remember(resource, new Failure(before?.Times ?? 0, time.GetUtcNow() + ForegroundPeriod, IsForeground: true));
                return;
        }
    }
}
