using System.Diagnostics;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One direction of a link: each chunk occupies it for its length divided by the bandwidth.</summary>
internal sealed class LinkSchedule
{
    private static readonly long Idle = Stopwatch.Frequency;

    private readonly Lock _lock = new();
    private long _freeAt;

    public async Task PassAsync(int bytes, long bytesPerSecond, CancellationToken token)
    {
        long end;
        lock (_lock)
        {
            // On a busy machine a chunk wakes up late. The link was not idle then, and keeps its schedule.
            var now = Stopwatch.GetTimestamp();
            if (now - _freeAt > Idle)
                _freeAt = now;

            _freeAt += (long)((double)bytes / bytesPerSecond * Stopwatch.Frequency);
            end = _freeAt;
        }

        // In a loop, because a timer may be a little early.
        while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), end) is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, TimeProvider.System, token);
        }
    }
}
