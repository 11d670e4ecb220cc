using Microsoft.Extensions.Caching.StackExchangeRedis;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache;

/// <summary>Settings of the cache.</summary>
/// <remarks>
/// From Microsoft's <see cref="RedisCacheOptions"/>: <c>Configuration</c> (a StackExchange.Redis connection string),
/// <c>ConfigurationOptions</c> (the same as an object), <c>ConnectionMultiplexerFactory</c> (a connection of the application, which this
/// library does not dispose), <c>InstanceName</c> (a prefix of every key; none by default) and <c>ProfilingSession</c>. Where the first
/// three are unset, the registered <c>IConnectionMultiplexer</c> is used; one of these ways is required.
/// </remarks>
public class RedisExpiringCacheOptions : RedisCacheOptions
{
    /// <summary>The format in which data entries are written. Default: <see cref="EntryFormat.Compact"/>.</summary>
    /// <example><code>options.EntryFormat = EntryFormat.Microsoft;</code></example>
    public EntryFormat EntryFormat { get; set; } = EntryFormat.Compact;

    /// <summary>
    /// The longest wait for Redis of one data-cache call, connecting included. Default: 1 second. Range: more than zero, up to 1 hour.
    /// </summary>
    /// <remarks>
    /// It also holds for <see cref="IResponseCacheInvalidator"/> and the store of the output cache. <see cref="FailureMode"/> says what
    /// happens then. Requests have <see cref="ResponseCachingOptions.OperationTimeout"/>.
    /// </remarks>
    /// <example><code>options.OperationTimeout = TimeSpan.FromMilliseconds(500);</code></example>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What the data cache does when Redis fails. Default: <see cref="FailureMode.Throw"/>. A keyed cache has its own.</summary>
    /// <example><code>options.FailureMode = FailureMode.Degrade;</code></example>
    public FailureMode FailureMode { get; set; } = FailureMode.Throw;

    /// <summary>Whether connections have threads of their own, for applications that make blocking calls. Default: false.</summary>
    /// <remarks>
    /// Blocking calls, such as <c>Session</c> without <c>LoadAsync</c> or <c>IDistributedCache.Get</c>, occupy the threads of the pool, and
    /// without this setting the replies that they wait for are not processed until they time out.
    /// <para>
    /// It costs two threads for each connection, and holds for all connections of StackExchange.Redis that this process opens after the
    /// cache was created (it sets the client library's feature flag <c>DedicatedThreads</c>). A multiplexer of the application that was
    /// connected before does not change.
    /// </para>
    /// </remarks>
    /// <example><code>options.DedicatedConnectionThreads = true;</code></example>
    public bool DedicatedConnectionThreads { get; set; }

    /// <summary>When calls to Redis stop after failures, and when Redis is probed.</summary>
    /// <example><code>options.CircuitBreaker.FailuresBeforeOpening = 20;</code></example>
    public CircuitBreakerOptions CircuitBreaker { get; } = new();

    /// <summary>Whether ASP.NET Core's output cache (<c>AddOutputCache</c>) keeps its entries in this Redis. Default: false.</summary>
    /// <remarks>
    /// The order of <c>AddOutputCache</c> and <c>AddRedisExpiringCache</c> does not matter; a store of another kind that is registered
    /// after <c>AddRedisExpiringCache</c> is used in place of this one.
    /// <para>
    /// <c>IOutputCacheStore.EvictByTagAsync</c> is one DEL: after it has returned, what was stored with that tag before is gone on every
    /// node, and a write that Redis applies late does not restore it. When it fails, it throws <c>RedisConnectionException</c>,
    /// <c>RedisTimeoutException</c> or <c>RedisServerException</c>. A page that was being produced, or passed to the store, during the
    /// eviction is stored and stays until it expires, because the output cache does not tell a store when the request began. The response
    /// cache of this library, <c>UseRedisExpiringCache</c>, has no such gap.
    /// </para>
    /// <para>When Redis fails, a lookup is a miss and a store is dropped, both logged and counted, and the application answers.</para>
    /// </remarks>
    /// <example>
    /// <code>
    /// builder.Services.AddOutputCache();
    /// builder.Services.AddRedisExpiringCache("localhost:6379", options => options.UseAsOutputCacheStore = true);
    /// </code>
    /// </example>
    public bool UseAsOutputCacheStore { get; set; }

    /// <summary>Copies in this process of what is read most. Off by default.</summary>
    /// <example><code>options.NearCache.Enabled = true;</code></example>
    public NearCacheOptions NearCache { get; } = new();

    /// <summary>Settings of the response cache.</summary>
    /// <example><code>options.ResponseCaching.MaximumBodySize = 1024 * 1024;</code></example>
    public ResponseCachingOptions ResponseCaching { get; private set; } = new();

    /// <summary>The path of a configuration section that held no settings; null: none did.</summary>
    /// <remarks>For the message about a missing connection.</remarks>
    internal string? EmptySection { get; set; }

    /// <summary>The text of each setting that configuration has set; after a reload, that of start-up.</summary>
    internal Dictionary<string, string> Configured { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name given to <c>builder.AddRedisExpiringCache</c>; null: that overload was not called.</summary>
    internal ConnectionName? ConnectionName { get; set; }

    /// <summary>Null: nothing awaits work that follows a call. Set by the package for tests.</summary>
    internal BackgroundWork? Trailing { get; set; }

    /// <summary>Of all that say how long a call may wait.</summary>
    internal TimeSpan LongestTimeout =>
        OperationTimeout > ResponseCaching.OperationTimeout ? OperationTimeout : ResponseCaching.OperationTimeout;

    internal RedisExpiringCacheOptions WithReloaded(RedisExpiringCacheOptions read)
    {
        var copy = (RedisExpiringCacheOptions)MemberwiseClone();
        copy.ResponseCaching = ResponseCaching.WithReloaded(read.ResponseCaching);
        return copy;
    }
}
