namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>What can happen to the network of one app, or to the Redis of all.</summary>
public enum Fault
{
    /// <summary>For comparison.</summary>
    None,

    /// <summary>Every packet takes 40 ms longer, each way.</summary>
    Latency,

    /// <summary>Nothing arrives any more, and nobody is told. What was held arrives in the end.</summary>
    FrozenNetwork,

    /// <summary>All connections are reset; new ones are welcome.</summary>
    Reset,

    /// <summary>All connections are reset, and new ones are refused.</summary>
    Refused,

    /// <summary>Each connection is reset somewhere in the middle of what the app sends.</summary>
    CutToServer,

    /// <summary>Each connection is reset somewhere in the middle of what Redis answers.</summary>
    CutToClient,

    /// <summary>Each byte is a packet of its own.</summary>
    ByteByByte,

    /// <summary>The server process is stopped and goes on later (SIGSTOP, SIGCONT): what was sent meanwhile is executed late.</summary>
    FrozenServer,

    /// <summary>kill -9, and a restart with what is on the disk (every write is: appendfsync always).</summary>
    KilledServer,

    /// <summary>An orderly restart that finds its disk empty.</summary>
    EmptiedServer,

    /// <summary>CLIENT PAUSE: connections live, commands wait.</summary>
    PausedClients,

    /// <summary>CLIENT KILL of every client.</summary>
    KilledClients,

    /// <summary>Over maxmemory, noeviction: writes are refused.</summary>
    OutOfMemory,

    /// <summary>Over maxmemory, allkeys-random: any key may go.</summary>
    KeysEvicted,

    /// <summary>A replica of nobody: reads go on, writes are refused.</summary>
    ReadOnly,

    /// <summary>FLUSHALL.</summary>
    Flushed,

    /// <summary>SCRIPT FLUSH.</summary>
    ScriptsForgotten,
}
