using System.Threading.Tasks.Sources;

namespace RedisExpiryCache.Concurrency;

/// <summary>
/// A wait that <see cref="TimeoutSweeper"/> ends when its time is over. It is used again and again, each use with a number of its own:
/// <code>
///   idle ── Begin ──► under way ── TryEnd ──► answered ── TryRest ──► idle ── Begin ──► …
///     └─ Retire ─► retired  ├── its time is over ──► late       └── nobody takes the answer ──► retired
/// </code>
/// One that is late or retired is not used again.
/// </summary>
internal abstract class PooledTimeoutSource
{
    private const long Idle = 0, UnderWay = 1, Answered = 2, Late = 3, Retired = 4, PhaseMask = 7, NextUse = 8;

    // The number of the use, and in the lowest bits how that stands: what was seen of one use says nothing of the next.
    private long use;
    private long dueAt;

    public bool IsUnderWay => (Volatile.Read(ref use) & PhaseMask) == UnderWay;

    /// <summary>Whether its timeout was noticed late, for want of a thread.</summary>
    protected bool IsOverdue => ThreadPoolStarvation.IsOverdue(Volatile.Read(ref dueAt));

    /// <summary>Whether its time was over just now.</summary>
    /// <param name="now">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    public bool TryExpire(long now)
    {
        var seen = Volatile.Read(ref use);
        return (seen & PhaseMask) == UnderWay && Volatile.Read(ref dueAt) <= now && TryMove(seen, Late);
    }

    /// <summary>
    /// Whether nothing is to be expected of it any more. An answer that is still to be taken may be one that nobody will take.
    /// </summary>
    public bool TryForget() => (Volatile.Read(ref use) & PhaseMask) == Retired || TryMoveOn(Answered, Retired);

    /// <summary>Tells whoever waits that its time is over. Called after <see cref="TryExpire"/>, without any lock.</summary>
    public abstract void Expired();

    /// <param name="end">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    protected void Begin(long end)
    {
        dueAt = end;

        // With a barrier: the timer either ticks, or sees this before it stops.
        Interlocked.Exchange(ref use, use + NextUse + UnderWay);
        TimeoutSweeper.KeepTicking();
    }

    /// <returns>False when its time was over before.</returns>
    protected bool TryEnd() => TryMoveOn(UnderWay, Answered);

    /// <summary>The answer has been taken.</summary>
    /// <returns>Whether it can be used again.</returns>
    protected bool TryRest() => TryMoveOn(Answered, Idle);

    /// <summary>It is not going to be used again.</summary>
    protected void Retire() => Volatile.Write(ref use, Retired);

    private bool TryMoveOn(long from, long to)
    {
        var seen = Volatile.Read(ref use);
        return (seen & PhaseMask) == from && TryMove(seen, to);
    }

    private bool TryMove(long seen, long to) => Interlocked.CompareExchange(ref use, (seen & ~PhaseMask) | to, seen) == seen;
}

/// <summary>
/// A wait for one answer, behind a <see cref="ValueTask{TResult}"/>: once that has been awaited, the wait is used for another.
/// </summary>
internal abstract class PooledTimeoutSource<T> : PooledTimeoutSource, IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> core;

    /// <param name="continuesApart">Whether whoever waits goes on by itself, and not on the thread that has the answer.</param>
    protected PooledTimeoutSource(bool continuesApart)
    {
        core.RunContinuationsAsynchronously = continuesApart;
        TimeoutSweeper.Add(this);
    }

    /// <summary>To be awaited once; to be asked for before anybody can answer.</summary>
    public ValueTask<T> Answer => new(this, core.Version);

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    public T GetResult(short token)
    {
        try
        {
            return Take(token);
        }
        finally
        {
            Clear();
            core.Reset();
            if (TryRest() && !TryReturn())
                Retire();
        }
    }

    /// <summary>The answer, or what is thrown in its place.</summary>
    protected virtual T Take(short token) => core.GetResult(token);

    protected void Set(T answer) => core.SetResult(answer);

    protected void Set(Exception failure) => core.SetException(failure);

    /// <summary>Lets go of all that belongs to this use.</summary>
    protected abstract void Clear();

    /// <summary>To where it is taken from for another use; false: there are enough of them.</summary>
    protected abstract bool TryReturn();
}
