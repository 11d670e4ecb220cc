namespace RedisExpiryCache.Redis;

/// <summary>
/// A wait that <see cref="Deadlines"/> ends when its time is over. It is used again and again, each use with a number of its own:
/// <code>
///   idle ── Begin ──► under way ── TryEnd ──► idle ── Begin ──► …
///     └─ Retire ─► retired  └── its time is over ──► late, and not used again
/// </code>
/// </summary>
internal abstract class TimedWait
{
    private const long Idle = 0, UnderWay = 1, Late = 2, Retired = 3, PhaseMask = 3, NextUse = 4;

    // The number of the use, and in the lowest two bits how that stands: what was seen of one use says nothing of the next.
    private long use;
    private long dueAt;

    public bool IsUnderWay => (Volatile.Read(ref use) & PhaseMask) == UnderWay;

    public bool IsRetired => (Volatile.Read(ref use) & PhaseMask) == Retired;

    /// <summary>Whether it was in time; only to be asked when it is over.</summary>
    protected bool WasInTime => (Volatile.Read(ref use) & PhaseMask) == Idle;

    /// <summary>Whether its time was over just now.</summary>
    /// <param name="now">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    public bool TryExpire(long now)
    {
        var seen = Volatile.Read(ref use);
        return (seen & PhaseMask) == UnderWay
            && Volatile.Read(ref dueAt) <= now
            && Interlocked.CompareExchange(ref use, seen - UnderWay + Late, seen) == seen;
    }

    /// <summary>Tells whoever waits that its time is over. Called after <see cref="TryExpire"/>, without any lock.</summary>
    public abstract void Expired();

    /// <param name="end">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    protected void Begin(long end)
    {
        dueAt = end;

        // With a barrier: the timer either ticks, or sees this before it stops.
        Interlocked.Exchange(ref use, use + NextUse + UnderWay);
        Deadlines.KeepTicking();
    }

    /// <returns>False when its time was over before.</returns>
    protected bool TryEnd()
    {
        var seen = Volatile.Read(ref use);
        return (seen & PhaseMask) == UnderWay && Interlocked.CompareExchange(ref use, seen - UnderWay + Idle, seen) == seen;
    }

    /// <summary>It is not going to be used again.</summary>
    protected void Retire() => Volatile.Write(ref use, Retired);
}
