using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>Marks a request that is or was in the response cache, or that is to renew a response there.</summary>
internal class CachePassage
{
    /// <summary>The request is in the response cache.</summary>
    public static readonly CachePassage Inside = new();

    /// <summary>The request has left the response cache. If it is run again, to explain a failure, it enters anew.</summary>
    public static readonly CachePassage Done = new();

    /// <summary>The same, and it had no endpoint when it entered, so attributes and conventions did not count.</summary>
    public static readonly CachePassage DoneWithoutEndpoint = new();
}

/// <summary>What became of a renewal.</summary>
internal enum RenewalOutcome
{
    /// <summary>Middleware in front answered; the response cache was not reached.</summary>
    NotReached,

    /// <summary>At the response cache its key differed from that of the request that started it.</summary>
    KeyDiffers,

    /// <summary>The origin was not called: another node is calling it, or Redis is away.</summary>
    NotNeeded,

    /// <summary>The stored response is fresh, or the origin has answered.</summary>
    Done,

    /// <summary>The origin failed.</summary>
    Failed,
}

/// <summary>A request that renews a stored response: it enters at the beginning of the pipeline and works in the response cache.</summary>
/// <param name="place">What follows the response cache that started it; one in another branch must not store it.</param>
/// <param name="key">The key of the request that started it.</param>
/// <param name="renewed">When the fresh response that it renews came; null: that one is stale.</param>
internal sealed class Renewal(RequestDelegate place, VariantKey key, DateTimeOffset? renewed) : CachePassage
{
    private TimeProvider clock = TimeProvider.System;
    private long began;

    public DateTimeOffset? Renewed => renewed;

    /// <summary>Cancelled at the renewal's limit, and when the host stops.</summary>
    public CancellationToken Abort { get; private set; }

    /// <summary>Until its limit, for a lock: never less than a moment.</summary>
    public TimeSpan TimeLeft => Max(BackgroundRevalidation.Limit - clock.GetElapsedTime(began), TimeSpan.FromMilliseconds(1));

    public RenewalOutcome Outcome { get; set; }

    public bool HasCalledOrigin { get; set; }

    /// <summary>What the origin threw. Middleware in front may have answered in its place.</summary>
    public Exception? Failure { get; set; }

    public void Begin(TimeProvider time, CancellationToken abort) => (Abort, clock, began) = (abort, time, time.GetTimestamp());

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    public bool IsFor(RequestDelegate reached, VariantKey reachedKey) => place == reached && key.Equals(reachedKey);

    /// <summary>The request fields that the key was made with.</summary>
    public string[] Names => key.Names;
}

/// <summary>Everything that tells the stored response of a request from those of others.</summary>
internal sealed record VariantKey(string UrlKey, string Digest, string Tags, string[] Names)
{
    public static VariantKey Of(LookupRequest question, ResponseKeys keys, string[] names) =>
        new(question.UrlKey, keys.DigestOf(question, names), string.Join('\n', question.Tags), names);

    public bool Equals(VariantKey? other) => other is not null && UrlKey == other.UrlKey && Digest == other.Digest && Tags == other.Tags;

    public override int GetHashCode() => HashCode.Combine(UrlKey, Digest);
}
