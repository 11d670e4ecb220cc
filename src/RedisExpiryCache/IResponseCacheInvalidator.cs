namespace RedisExpiryCache;

/// <summary>Evicts stored responses, or marks them stale, on every node at once.</summary>
/// <remarks>
/// When a call has returned, no request that starts later is answered by a response that was produced before or during the call. An
/// eviction is one Redis DEL of one or two small keys, by tag after one script, however many responses it evicts.
/// <para>
/// A call that cannot evict throws within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>:
/// <see cref="StackExchange.Redis.RedisConnectionException"/>, <see cref="StackExchange.Redis.RedisTimeoutException"/> or
/// <see cref="StackExchange.Redis.RedisServerException"/>. It is remembered all the same: this process no longer serves what it names, and
/// repeats the eviction when Redis is reachable. Other processes may serve it until then.
/// </para>
/// </remarks>
public interface IResponseCacheInvalidator
{
    /// <summary>Evicts all variants of a URL: any host, scheme, letter case, order of the query, and selecting request fields.</summary>
    /// <param name="pathAndQuery">As a client sends it, path base included: <c>/products?page=2</c>.</param>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed the eviction.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pathAndQuery"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="pathAndQuery"/> does not begin with a slash.</exception>
    /// <example><code>await responses.EvictAsync("/products?page=2");</code></example>
    ValueTask EvictAsync(string pathAndQuery, CancellationToken token = default);

    /// <summary>Evicts all responses that have the tag.</summary>
    /// <param name="tag">The tag, with its route values filled in: <c>product:7</c>.</param>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed the eviction.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    /// <example><code>await responses.EvictByTagAsync("product:7");</code></example>
    ValueTask EvictByTagAsync(string tag, CancellationToken token = default);

    /// <summary>Evicts all responses under this <c>InstanceName</c>. Data entries stay.</summary>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed the eviction.</returns>
    /// <example><code>await responses.EvictAllAsync();</code></example>
    ValueTask EvictAllAsync(CancellationToken token = default);

    /// <summary>Marks all variants of a URL as stale: they are served until a request in the background has replaced them.</summary>
    /// <remarks>
    /// No client waits for the origin, and it is called once per variant. Responses that may not be served stale (must-revalidate,
    /// proxy-revalidate, s-maxage, no-cache) are revalidated while the client waits. A response that was being produced during the call
    /// counts as stale too.
    /// </remarks>
    /// <param name="pathAndQuery">As a client sends it, path base included: <c>/products?page=2</c>.</param>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pathAndQuery"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="pathAndQuery"/> does not begin with a slash.</exception>
    /// <example><code>await responses.MarkStaleAsync("/products?page=2");</code></example>
    ValueTask MarkStaleAsync(string pathAndQuery, CancellationToken token = default);

    /// <summary>Marks all responses that have the tag as stale, as <see cref="MarkStaleAsync"/> does.</summary>
    /// <param name="tag">The tag, with its route values filled in: <c>product:7</c>.</param>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    /// <example><code>await responses.MarkStaleByTagAsync("products");</code></example>
    ValueTask MarkStaleByTagAsync(string tag, CancellationToken token = default);

    /// <summary>
    /// Marks all responses under this <c>InstanceName</c> as stale, as <see cref="MarkStaleAsync"/> does. Data entries stay.
    /// </summary>
    /// <param name="token">Cancels the wait.</param>
    /// <returns>A task that completes when Redis has confirmed it.</returns>
    /// <example><code>await responses.MarkAllStaleAsync();</code></example>
    ValueTask MarkAllStaleAsync(CancellationToken token = default);
}
