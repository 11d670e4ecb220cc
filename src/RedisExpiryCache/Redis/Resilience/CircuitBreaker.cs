namespace RedisExpiryCache.Redis.Resilience;

/// <summary>
/// When to stop asking somebody who does not answer, and when to try again. Pure: time is a parameter, measured from any fixed moment.
/// <code>
///   closed ── so many calls in a row have failed ──► open ── openFor ──► open, one probe under way ── it failed: openFor ──► …
///     ▲                                                                            │
///     └──────────────────────────────── an answer ─────────────────────────────────┘
/// </code>
/// </summary>
internal sealed class CircuitBreaker(int failuresBeforeOpening, TimeSpan openFor)
{
    private readonly Lock gate = new();
    private int failures;
    private long lastFailedCall;
    private volatile bool isOpen;
    private TimeSpan nextProbe;

    public bool IsOpen => isOpen;

    /// <summary>
    /// True for one caller at a time: who is to find out whether it is over. The next one may <c>openFor</c> later, however this one fares.
    /// </summary>
    public bool TryProbe(TimeSpan now)
    {
        lock (gate)
        {
            if (!isOpen || now < nextProbe)
                return false;

            nextProbe = now + openFor;
            return true;
        }
    }

    /// <param name="call">Which one: a call that waits for several replies counts once.</param>
    /// <param name="now">From here on it is open for <c>openFor</c> at least.</param>
    /// <returns>Whether that has opened it.</returns>
    public bool RecordFailure(long call, TimeSpan now)
    {
        lock (gate)
        {
            if (isOpen || (failures > 0 && call == lastFailedCall))
                return false;

            lastFailedCall = call;
            if (++failures < failuresBeforeOpening)
                return false;

            isOpen = true;
            nextProbe = now + openFor;
            return true;
        }
    }

    /// <summary>An answer, a probe's or anybody's.</summary>
    /// <returns>Whether that has closed it.</returns>
    public bool RecordSuccess()
    {
        // Nearly always: nothing to write, and so nothing for the processors to tell each other.
        if (Volatile.Read(ref failures) == 0)
            return false;

        lock (gate)
        {
            var closes = isOpen;
            (failures, isOpen) = (0, false);
            return closes;
        }
    }
}
