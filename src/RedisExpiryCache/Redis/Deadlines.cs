using System.Diagnostics;

namespace RedisExpiryCache.Redis;

/// <summary>
/// Waits that may take so long and no longer. One timer looks after all of them: there is a wait for each command, nearly all are over within a millisecond,
/// and a timer for each would cost more than the command does on our side. So a wait may end a tick late.
/// </summary>
internal static class Deadlines
{
    private const int IdleTicks = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private static readonly Row[] Rows = [.. Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(static _ => new Row())];
    private static readonly ITimer Timer = NewTimer();
    private static int isTicking;
    private static int idleTicks;

    private static ITimer NewTimer()
    {
        // It is nobody's: what the first caller carries with it is not for all others.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        return Waits.RealTime.CreateTimer(static _ => Sweep(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="wait">Whose <see cref="TimedWait.TryExpire"/> is called once.</param>
    /// <param name="dueAt">A timestamp of <see cref="Stopwatch"/>.</param>
    public static void Add(TimedWait wait, long dueAt)
    {
        var row = Rows[(uint)Thread.GetCurrentProcessorId() % (uint)Rows.Length];
        wait.DueAt = dueAt;
        lock (row)
        {
            wait.Row = row;
            (wait.Next, wait.Previous) = (row.First, null);
            if (row.First is { } first)
                first.Previous = wait;

            row.First = wait;
        }

        if (Volatile.Read(ref isTicking) == 0 && Interlocked.Exchange(ref isTicking, 1) == 0)
            Timer.Change(Tick, Tick);
    }

    /// <summary>It is over: once this returns, nothing here knows of it.</summary>
    public static void Remove(TimedWait wait)
    {
        if (Volatile.Read(ref wait.Row) is not { } row)
            return;

        lock (row)
        {
            if (wait.Row is not null)
                Unlink(row, wait);
        }
    }

    private static void Unlink(Row row, TimedWait wait)
    {
        if (wait.Previous is { } previous)
            previous.Next = wait.Next;
        else
            row.First = wait.Next;

        if (wait.Next is { } next)
            next.Previous = wait.Previous;

        // The row last: who sees that it is gone may add the wait again, to another row, before this returns.
        (wait.Next, wait.Previous) = (null, null);
        Volatile.Write(ref wait.Row, null);
    }

    private static void Sweep()
    {
        var (now, any) = (Stopwatch.GetTimestamp(), false);
        List<TimedWait>? expired = null;
        foreach (var row in Rows)
        {
            lock (row)
            {
                for (var wait = row.First; wait is not null;)
                {
                    var next = wait.Next;
                    any = true;
                    if (wait.DueAt <= now)
                    {
                        // In this order, under the lock: as soon as it is out of the row, one that was over already may be in use for another reply.
                        if (wait.TryExpire())
                            (expired ??= []).Add(wait);

                        Unlink(row, wait);
                    }

                    wait = next;
                }
            }
        }

        expired?.ForEach(static wait => wait.Expired());
        idleTicks = any ? 0 : idleTicks + 1;
        if (idleTicks < IdleTicks)
            return;

        // Whoever adds one from here on starts the timer again; whoever has done so just before is seen by the look behind it.
        idleTicks = 0;
        Timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref isTicking, 0);
        Interlocked.MemoryBarrier();
        if (Array.Exists(Rows, static row => Volatile.Read(ref row.First) is not null) && Interlocked.Exchange(ref isTicking, 1) == 0)
            Timer.Change(Tick, Tick);
    }

    internal sealed class Row
    {
        public TimedWait? First;
    }
}

/// <summary>A wait that <see cref="Deadlines"/> ends when its time is over.</summary>
internal abstract class TimedWait
{
    internal Deadlines.Row? Row;
    internal TimedWait? Next;
    internal TimedWait? Previous;
    internal long DueAt;

    /// <returns>False when it is over already.</returns>
    public abstract bool TryExpire();

    /// <summary>Says that its time is over. Called after <see cref="TryExpire"/>, without any lock.</summary>
    public abstract void Expired();
}
