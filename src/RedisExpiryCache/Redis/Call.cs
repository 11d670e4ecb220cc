using System.Diagnostics;

namespace RedisExpiryCache.Redis;

/// <summary>
/// One call of the surface, however many round trips it takes: since when it lasts, and how it waits. The synchronous half of
/// <c>IDistributedCache</c> blocks its thread on the client library's own task, so that the same code serves both halves and a blocked caller
/// never needs a second pool thread in order to go on.
/// </summary>
internal readonly record struct Call(bool Blocking, long Started, CancellationToken Token)
{
    public static Call Sync() => new(Blocking: true, Stopwatch.GetTimestamp(), CancellationToken.None);

    public static Call Async(CancellationToken token) => new(Blocking: false, Stopwatch.GetTimestamp(), token);

    /// <summary>For work that rides behind a call, or that no caller can cancel.</summary>
    public static Call Detached() => Async(CancellationToken.None);

    /// <summary>What is left of the time that a call may take; zero when it is over.</summary>
    public TimeSpan Left(TimeSpan timeout)
    {
        var left = timeout - Stopwatch.GetElapsedTime(Started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
