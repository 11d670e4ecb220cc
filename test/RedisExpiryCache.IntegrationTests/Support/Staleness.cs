using System.Diagnostics;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>How long something that has changed is still seen as it was: by reads that begin so long after the change was acknowledged.</summary>
internal static class Staleness
{
    /// <summary>Reads until the old value has not been seen for a while.</summary>
    /// <param name="read">A read.</param>
    /// <param name="old">What it may no longer give.</param>
    /// <param name="for">How long to look.</param>
    /// <returns>When the last read began that gave it; zero: none did.</returns>
    public static async Task<TimeSpan> LastSeenAsync(Func<Task<string?>> read, string old, TimeSpan @for)
    {
        var (watch, last) = (Stopwatch.StartNew(), TimeSpan.Zero);
        while (watch.Elapsed < @for)
        {
            var began = watch.Elapsed;
            if (await read() == old)
                last = began;

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        return last;
    }
}
