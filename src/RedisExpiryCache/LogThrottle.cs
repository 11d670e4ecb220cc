using System.Diagnostics;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache;

/// <summary>
/// Lets a warning through once a minute. An entry that is read a thousand times a second, and found damaged each time, is one line in the
/// log and a thousand in the metrics.
/// </summary>
internal sealed class LogThrottle
{
    private const int RememberedWarnings = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Recent<Warning> recent = new(RememberedWarnings);

    private sealed record Warning(long Timestamp);

    public bool IsDue(string warning)
    {
        lock (gate)
        {
            if (recent.Find(warning) is { } last && Stopwatch.GetElapsedTime(last.Timestamp) < Interval)
                return false;

            recent.Remember(warning, new Warning(Stopwatch.GetTimestamp()));
            return true;
        }
    }
}
