using System.Diagnostics;
using RedisExpiryCache.Redis.Connection;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>How long a call may take, and the option that says so: who is told of a time-out is to know what to change.</summary>
/// <param name="Time">From the beginning of the call.</param>
/// <param name="Setting">The name of the option.</param>
/// <param name="IsLongerWhenCold">Whether <see cref="ColdStart"/> applies.</param>
internal record TimeLimit(TimeSpan Time, string Setting, bool IsLongerWhenCold = false);

/// <summary>
/// One call of the surface, however many round trips it takes: since when it lasts, for how long it may, and how it waits. The synchronous
/// half of <c>IDistributedCache</c> blocks its thread on the client library's own task, so that the same code serves both halves and a
/// blocked caller never needs a second pool thread in order to go on.
/// </summary>
/// <param name="Blocking">Whether it blocks its thread.</param>
/// <param name="Started">A timestamp of <see cref="Stopwatch"/>.</param>
/// <param name="Token">The caller's.</param>
/// <param name="Limit">Null: <see cref="RedisExpiringCacheOptions.OperationTimeout"/>.</param>
internal readonly record struct OperationContext(bool Blocking, long Started, CancellationToken Token, TimeLimit? Limit = null)
{
    public static OperationContext Sync() => new(Blocking: true, Stopwatch.GetTimestamp(), CancellationToken.None);

    public static OperationContext Async(CancellationToken token) => new(Blocking: false, Stopwatch.GetTimestamp(), token);

    /// <summary>For work that rides behind a call, or that no caller can cancel.</summary>
    public static OperationContext Detached(TimeLimit? budget = null) =>
        new(Blocking: false, Stopwatch.GetTimestamp(), CancellationToken.None, budget);

    /// <summary>The timestamp at which the time that a call may take is over.</summary>
    public long EndOf(TimeSpan timeout) => Started + (long)(timeout.TotalSeconds * Stopwatch.Frequency);

    /// <summary>What is left of the time that a call may take; zero when it is over.</summary>
    public TimeSpan Left(TimeSpan timeout)
    {
        var left = timeout - Stopwatch.GetElapsedTime(Started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
