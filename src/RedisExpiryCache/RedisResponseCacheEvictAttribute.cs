namespace RedisExpiryCache;

/// <summary>Evicts stored responses after an endpoint has succeeded (2xx or 3xx), before its response is sent.</summary>
/// <remarks>
/// On actions, controllers, handlers of minimal APIs and models of Razor Pages. All attributes of an endpoint count, and its own responses
/// are not stored. On a Razor Page it counts for POST and other unsafe methods alone: a GET evicts nothing, and may be cached.
/// <para>An eviction that fails is logged as an error and counted; the response of the endpoint is not changed.</para>
/// </remarks>
/// <example>
/// <code>
/// app.MapPost("/products/{id}", [RedisResponseCacheEvict(Tags = ["product:{id}"])] (int id) => Results.Ok());
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true, AllowMultiple = true)]
public sealed class RedisResponseCacheEvictAttribute : Attribute
{
    /// <summary>The tags to evict, route values of the request in braces: <c>"product:{id}"</c>. Default: null, none.</summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    /// <example><code>[RedisResponseCacheEvict(Tags = ["products", "product:{id}"])]</code></example>
    public string[]? Tags
    {
        get;
        set => field = WithoutNull(value, nameof(Tags));
    }

    /// <summary>The URLs to evict, from the application's root, query included: <c>"/products/{id}"</c>. Default: null, none.</summary>
    /// <remarks>The path base of the request is put before them.</remarks>
    /// <exception cref="ArgumentException">One of them does not begin with a slash.</exception>
    /// <example><code>[RedisResponseCacheEvict(Paths = ["/products", "/products/{id}"])]</code></example>
    public string[]? Paths
    {
        get;
        set => field = FromTheRoot(value);
    }

    /// <summary>
    /// Whether the responses are marked stale instead, and served until they are renewed in the background. Default: false.
    /// </summary>
    /// <remarks>
    /// See <see cref="IResponseCacheInvalidator.MarkStaleAsync"/>. The URL of an unsafe request itself is evicted all the same (RFC 9111
    /// 4.4).
    /// </remarks>
    /// <example><code>[RedisResponseCacheEvict(Tags = ["products"], MarkStale = true)]</code></example>
    public bool MarkStale { get; set; }

    private static string[]? FromTheRoot(string[]? paths) => Array.Find(paths ?? [], static path => path is not ['/', ..]) is { } wrong
        ? throw new ArgumentException($"'{wrong}' is no path; it must begin with a slash, as in \"/products?page=2\".", nameof(Paths))
        : WithoutNull(paths, nameof(Paths));

    private static string[]? WithoutNull(string[]? values, string name) =>
        values is null ? null : ResponseCachePolicyBuilder.WithoutNull(values, name);
}
