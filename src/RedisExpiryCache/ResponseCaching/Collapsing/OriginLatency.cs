namespace RedisExpiryCache.ResponseCaching.Collapsing;

/// <summary>
/// How long the app takes for one resource, as far as it is known. Where it is quick, waiting for another's call would take a request
/// longer than a call of its own: the rest of that call, and then the next one.
/// </summary>
internal sealed class OriginLatency
{
    /// <summary>Calls that end sooner are quick.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);

    /// <summary>So many calls at once say that they are not quick any more, before one of them has ended.</summary>
    public const int MostAtOnce = 32;

    // Of the last calls, the latest counts a quarter: one that met with a pause of the process does not make a page slow.
    private const int Weight = 4;

    private const long Unknown = -1;

    private long averageTicks = Unknown;
    private int underWay;

    /// <summary>For a call that others wait for. To be left, as after each of <see cref="TryEnter"/> that was granted.</summary>
    public void Enter() => Interlocked.Increment(ref underWay);

    /// <summary>For a call that nobody waits for: whether the app is quick.</summary>
    public bool TryEnter()
    {
        var average = Volatile.Read(ref averageTicks);
        if (average == Unknown || average >= Quick.Ticks)
            return false;

        if (Interlocked.Increment(ref underWay) <= MostAtOnce)
            return true;

        Interlocked.Decrement(ref underWay);
        return false;
    }

    /// <summary>For a call that failed: a failing page is not quick, however fast it fails.</summary>
    public void Fail()
    {
        Interlocked.Decrement(ref underWay);
        Volatile.Write(ref averageTicks, Unknown);
    }

    /// <param name="took">Null: not known. Of two at once one may be lost.</param>
    public void Leave(TimeSpan? took)
    {
        Interlocked.Decrement(ref underWay);
        if (took is not { Ticks: var ticks })
            return;

        var average = Volatile.Read(ref averageTicks);
        Volatile.Write(ref averageTicks, average == Unknown ? ticks : average + ((ticks - average) / Weight));
    }
}
