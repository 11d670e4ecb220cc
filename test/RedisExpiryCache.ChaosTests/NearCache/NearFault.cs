namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>What can happen between processes with near caches and the Redis of all.</summary>
public enum NearFault
{
    /// <summary>CLIENT KILL of every client that is not subscribed: also of those that have asked to be told what changes.</summary>
    KilledClients,

    /// <summary>CLIENT KILL of every client that is subscribed: those that are told what changes.</summary>
    KilledListeners,

    /// <summary>CLIENT KILL of one connection of somebody's feed.</summary>
    KilledFeed,

    /// <summary>The server process is stopped and goes on later (SIGSTOP, SIGCONT).</summary>
    FrozenServer,

    /// <summary>A process is stopped and goes on later: with what it knew then.</summary>
    FrozenProcess,

    /// <summary>Nothing arrives at a process any more, and nobody is told. What was held arrives in the end.</summary>
    FrozenNetwork,

    /// <summary>All connections of a process are reset; new ones are welcome.</summary>
    CutNetwork,

    /// <summary>All connections of a process are dead without a sign; new ones are fine.</summary>
    StrandedNetwork,

    /// <summary>What a process is told arrives 40 ms later, and what it says.</summary>
    SlowNetwork,
}
