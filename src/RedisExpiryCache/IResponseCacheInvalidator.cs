namespace RedisExpiryCache;

/// <summary>
/// Evicts stored responses, on every node at once. When a call has returned, no request that starts later is answered by a response that
/// was made before, nor by one that was being made meanwhile. Each is one Redis DEL of one small key, however many responses it evicts.
/// <para>
/// A call that cannot evict throws, within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>:
/// <see cref="StackExchange.Redis.RedisConnectionException"/>, <see cref="StackExchange.Redis.RedisTimeoutException"/> or
/// <see cref="StackExchange.Redis.RedisServerException"/>. It is remembered all the same: this process serves nothing of it any more, and makes up
/// for it once Redis can be asked. Other processes may serve it until then.
/// </para>
/// </summary>
public interface IResponseCacheInvalidator
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

    /// <summary>
    /// Marks all variants of a URL as stale: they are served, as stale, until one request in the background has made each of them anew, so that no
    /// client waits for it and no crowd meets the app. Those that forbid being served stale (must-revalidate, proxy-revalidate, s-maxage, no-cache)
    /// are asked for in front of the client. What was being made meanwhile counts as stale too.
    /// </summary>
    /// <inheritdoc cref="EvictAsync" path="/param|/exception" />
    ValueTask MarkStaleAsync(string pathAndQuery, CancellationToken token = default);

    /// <summary>Marks all responses that carry the tag as stale, as <see cref="MarkStaleAsync"/> does.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    ValueTask MarkStaleByTagAsync(string tag, CancellationToken token = default);

    /// <summary>Marks all responses under this <c>InstanceName</c> as stale, as <see cref="MarkStaleAsync"/> does. Data entries stay as they are.</summary>
    ValueTask MarkAllStaleAsync(CancellationToken token = default);
}
