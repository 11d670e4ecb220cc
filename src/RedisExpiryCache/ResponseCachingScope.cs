namespace RedisExpiryCache;

/// <summary>Which requests are looked up, and which responses are stored (<see cref="ResponseCachingOptions.Scope"/>).</summary>
/// <remarks>
/// An endpoint is marked by <see cref="RedisResponseCacheAttribute"/>, by <c>CacheResponse</c>, or by MVC's <c>[ResponseCache]</c> unless
/// that says <c>NoStore</c>, or a <c>Location</c> of <c>Client</c> or <c>None</c>. Whatever the scope is, the rules of RFC 9111 section 3
/// hold.
/// </remarks>
public enum ResponseCachingScope
{
    /// <summary>
    /// Marked endpoints, and responses of others that say <c>public</c>, <c>s-maxage</c> or a targeted field (<c>CDN-Cache-Control</c>)
    /// themselves.
    /// </summary>
    /// <remarks>
    /// Until an unmarked endpoint has answered so once in this process, its requests are neither looked up nor collapsed, and leave nothing
    /// in Redis. That first response is not stored. Static assets, static files and health checks are stored only where they are marked. A
    /// base policy with a duration marks all other endpoints.
    /// </remarks>
    MarkedAndPublic,

    /// <summary>Marked endpoints alone. A base policy marks none: it completes what the marked ones say.</summary>
    MarkedEndpoints,

    /// <summary>Every GET, and every response that RFC 9111 lets a shared cache store, as a reverse proxy does.</summary>
    AllResponses,
}
