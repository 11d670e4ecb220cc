using Microsoft.Extensions.Caching.StackExchangeRedis;

namespace RedisExpiryCache;

/// <summary>
/// Settings of the cache. From Microsoft's <see cref="RedisCacheOptions"/>: <c>Configuration</c> (a StackExchange.Redis connection string),
/// <c>ConfigurationOptions</c> (the same as an object) or <c>ConnectionMultiplexerFactory</c> (a connection of the app's own, which this library
/// does not dispose of), one of which is required; <c>InstanceName</c> (a prefix of every key; none by default); <c>ProfilingSession</c>.
/// </summary>
public class RedisExpiringCacheOptions : RedisCacheOptions
{
    /// <summary>How data entries are written. Default: <see cref="EntryFormat.Compact"/>.</summary>
    public EntryFormat EntryFormat { get; set; } = EntryFormat.Compact;

    /// <summary>
    /// How long a call waits for Redis at most, connecting included. Default: 1 second. Range: more than zero, up to 1 hour. A call that gets
    /// no answer in time throws; a request that waits for a stored response goes on to the app.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Settings of the response cache.</summary>
    public ResponseCachingOptions ResponseCaching { get; } = new();
}
