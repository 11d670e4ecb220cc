using System.Diagnostics;

namespace RedisExpiryCache.Concurrency;

/// <summary>
/// Waits that may take so long and no longer. One timer looks at all of them: there is a wait for each command, nearly all are over within
/// a millisecond, and a timer for each would cost more than the command does on our side. So a wait may end a tick late.
/// </summary>
internal static class TimeoutSweeper
{
    private const int IdleTicks = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private static readonly Lock Gate = new();
    private static readonly List<PooledTimeoutSource> Known = [];
    private static readonly ITimer Timer = NewTimer();
    private static int isTicking;
    private static int idleTicks;

    private static ITimer NewTimer()
    {
        // Shared by all callers: it must not capture the first one's ExecutionContext.
        using var detached = ExecutionContextFlow.Scope();
        return TimeProvider.System.CreateTimer(static _ => Sweep(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many are looked at, in use or not.</summary>
    public static int Count
    {
        get
        {
            lock (Gate)
                return Known.Count;
        }
    }

    /// <summary>Once for each: from here on it is looked at, until it has run out of time or is not to be used again.</summary>
    public static void Add(PooledTimeoutSource wait)
    {
        lock (Gate)
            Known.Add(wait);
    }

    /// <summary>To be called once a wait is seen to have begun.</summary>
    public static void KeepTicking()
    {
        if (Volatile.Read(ref isTicking) == 0 && Interlocked.Exchange(ref isTicking, 1) == 0)
            Timer.Change(Tick, Tick);
    }

    private static void Sweep()
    {
        var (now, any) = (Stopwatch.GetTimestamp(), false);
        List<PooledTimeoutSource>? expired = null;
        lock (Gate)
        {
            for (var i = Known.Count - 1; i >= 0; i--)
            {
                var wait = Known[i];
                any |= wait.IsUnderWay;
                if (wait.TryExpire(now))
                    (expired ??= []).Add(wait);
                else if (!wait.TryForget())
                    continue;

                Known[i] = Known[^1];
                Known.RemoveAt(Known.Count - 1);
            }
        }

        expired?.ForEach(static wait => wait.Expired());
        idleTicks = any ? 0 : idleTicks + 1;
        if (idleTicks >= IdleTicks)
            Rest();
    }

    /// <summary>
    /// Whoever begins one from here on starts the timer again; whoever has done so just before is seen by the look at all of them.
    /// </summary>
    private static void Rest()
    {
        idleTicks = 0;
        Timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref isTicking, 0);
        Interlocked.MemoryBarrier();
        bool any;
        lock (Gate)
            any = Known.Exists(static wait => wait.IsUnderWay);

        if (any)
            KeepTicking();
    }
}
