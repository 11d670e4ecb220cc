namespace RedisExpiryCache;

/// <summary>
/// Evicts stored responses, on every node at once. When a call has returned, no request that starts later is answered by a response that
/// was made before, nor by one that was being made meanwhile. Each is one Redis DEL of one small key, however many responses it evicts.
/// <para>
/// A call that cannot evict throws, within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>:
/// <see cref="StackExchange.Redis.RedisConnectionException"/>, <see cref="StackExchange.Redis.RedisTimeoutException"/> or
/// <see cref="StackExchange.Redis.RedisServerException"/>.
/// </para>
/// </summary>
public interface IResponseCacheControl
{
    /// <summary>Evicts all variants of a URL: of every host, scheme, letter case of the path, order of the query and selecting header.</summary>
    /// <param name="pathAndQuery">As a client sends it, path base included: <c>/products?page=2</c>.</param>
    /// <param name="token">Cancels the wait.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pathAndQuery"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="pathAndQuery"/> does not begin with a slash.</exception>
    ValueTask EvictAsync(string pathAndQuery, CancellationToken token = default);

    /// <summary>Evicts all responses that carry the tag.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    ValueTask EvictByTagAsync(string tag, CancellationToken token = default);

    /// <summary>Evicts all responses under this <c>InstanceName</c>. Data entries stay.</summary>
    ValueTask EvictAllAsync(CancellationToken token = default);
}
