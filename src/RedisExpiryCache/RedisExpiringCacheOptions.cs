using Microsoft.Extensions.Caching.StackExchangeRedis;

namespace RedisExpiryCache;

/// <summary>
/// Settings of the cache. From Microsoft's <see cref="RedisCacheOptions"/>: <c>Configuration</c> (a StackExchange.Redis connection string),
/// <c>ConfigurationOptions</c> (the same as an object) or <c>ConnectionMultiplexerFactory</c> (a connection of the app's own, which this library
/// does not dispose of); where all three are unset, the <c>IConnectionMultiplexer</c> that the app has registered is used, and one of these ways is
/// required; <c>InstanceName</c> (a prefix of every key; none by default); <c>ProfilingSession</c>.
/// </summary>
public class RedisExpiringCacheOptions : RedisCacheOptions
{
    /// <summary>How data entries are written. Default: <see cref="EntryFormat.Compact"/>.</summary>
    public EntryFormat EntryFormat { get; set; } = EntryFormat.Compact;

    /// <summary>
    /// How long a call of the data cache (or of <see cref="IResponseCacheInvalidator"/>, or of the output cache's store) waits for Redis at most,
    /// connecting included. Default: 1 second. Range: more than zero, up to 1 hour. What happens when it is over, <see cref="FailureMode"/> says.
    /// Requests have <see cref="ResponseCachingOptions.OperationTimeout"/>.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What the data cache does when Redis fails. Default: <see cref="FailureMode.Throw"/>. A keyed cache has its own.</summary>
    public FailureMode FailureMode { get; set; } = FailureMode.Throw;

    /// <summary>
    /// Whether connections are read and written by threads of their own, instead of by threads of the pool. Default: false. For
    /// applications that block: <c>Session</c> without <c>LoadAsync</c>, <c>IDistributedCache.Get</c>. Callers that block occupy the
    /// threads of the pool, and without this the replies that they wait for are not processed until they time out.
    /// <para>
    /// It costs two threads for each connection, and holds for all connections of StackExchange.Redis that this process opens after the
    /// cache was made (it sets the client library's feature flag <c>DedicatedThreads</c>). A multiplexer of the application that was
    /// connected before stays as it is.
    /// </para>
    /// </summary>
    public bool DedicatedConnectionThreads { get; set; }

    /// <summary>When the cache stops asking a Redis that does not answer, and how it finds out that it is back.</summary>
    public CircuitBreakerOptions CircuitBreaker { get; } = new();

    /// <summary>
    /// Whether ASP.NET Core's output cache (<c>AddOutputCache</c>, <c>[OutputCache]</c>, <c>CacheOutput</c>) keeps its entries in this Redis. Default:
    /// false, which leaves it the store that it has. The order of <c>AddOutputCache</c> and <c>AddRedisExpiringCache</c> does not matter; a store of
    /// another kind that is registered after <c>AddRedisExpiringCache</c> wins.
    /// <para>
    /// <c>IOutputCacheStore.EvictByTagAsync</c> is one DEL: once it has returned, what was stored with that tag before is gone on every node, and a
    /// write that Redis applies late does not bring it back. It throws when it could not be done: <c>RedisConnectionException</c>,
    /// <c>RedisTimeoutException</c> or <c>RedisServerException</c>. A page that was still being made, or just being handed to the store, is stored after
    /// the eviction and stays until it expires: the output cache does not tell a store when the app began. The response cache of this library,
    /// <c>UseRedisExpiringCache</c>, knows that, and has no such gap.
    /// </para>
    /// <para>Where Redis is away, a lookup is a miss and a store is dropped, both logged and counted: the app answers.</para>
    /// </summary>
    public bool UseAsOutputCacheStore { get; set; }

    /// <summary>A copy in this process of what is read most. Off by default.</summary>
    public NearCacheOptions NearCache { get; } = new();

    /// <summary>Settings of the response cache.</summary>
    public ResponseCachingOptions ResponseCaching { get; } = new();

    /// <summary>The path of a configuration section that held no settings; null: none did.</summary>
    /// <remarks>For the message about a missing connection.</remarks>
    internal string? EmptySection { get; set; }

    /// <summary>The name given to <c>builder.AddRedisExpiringCache</c>; null: that overload was not called.</summary>
    internal ConnectionName? ConnectionName { get; set; }

    /// <summary>Of all that say how long a call may wait.</summary>
    internal TimeSpan LongestTimeout => OperationTimeout > ResponseCaching.OperationTimeout ? OperationTimeout : ResponseCaching.OperationTimeout;
}
