using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>A command on one key, as a value: how it is sent, and what it means for the rest of the process.</summary>
/// <param name="Access">What the circuit breaker counts it as.</param>
/// <param name="Send">Sends it. A static lambda: one that captures would be allocated for each call.</param>
internal sealed record RedisCommand<TArguments, TReply>(Access Access, Func<IDatabase, string, TArguments, Task<TReply>> Send)
{
    /// <summary>Sends it once more where the server does not know a script by its hash; null: it is sent in full.</summary>
    public Func<IDatabase, string, TArguments, Task<TReply>>? SendScript { get; init; }

    /// <summary>Whether a key whose eviction is pending counts as missing: the command is not sent, and its reply is the default.</summary>
    public bool RespectsTombstones { get; init; }

    /// <summary>Whether it changes what the key holds: this process has no copy of it afterwards, however the command ended.</summary>
    public bool ChangesValue { get; init; }
}
