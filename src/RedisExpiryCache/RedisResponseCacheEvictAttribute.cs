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
    /// <remarks>One that is null stops the start of the application.</remarks>
    /// <example><code>[RedisResponseCacheEvict(Tags = ["products", "product:{id}"])]</code></example>
    public string[]? Tags { get; set; }

    /// <summary>The URLs to evict, from the application's root, query included: <c>"/products/{id}"</c>. Default: null, none.</summary>
    /// <remarks>
    /// The path base of the request is put before them. One that does not begin with a slash stops the start of the application.
    /// </remarks>
    /// <example><code>[RedisResponseCacheEvict(Paths = ["/products", "/products/{id}"])]</code></example>
    public string[]? Paths { get; set; }

    /// <summary>
    /// Whether the responses are marked stale instead, and served until they are renewed in the background. Default: false.
    /// </summary>
    /// <remarks>
    /// See <see cref="IResponseCacheInvalidator.MarkStaleAsync"/>. The URL of an unsafe request itself is evicted all the same (RFC 9111
    /// 4.4).
    /// </remarks>
    /// <example><code>[RedisResponseCacheEvict(Tags = ["products"], MarkStale = true)]</code></example>
    public bool MarkStale { get; set; }

    /// <summary>What its properties do not take, a sentence each.</summary>
    /// <remarks>The setters throw nothing: reflection would report a missing property, and could not name the endpoint.</remarks>
    internal IEnumerable<string> Faults
    {
        get
        {
            if (Tags?.Contains(null) is true)
                yield return $"{nameof(Tags)} contains null.";

            if (Paths?.Contains(null) is true)
                yield return $"{nameof(Paths)} contains null.";

            foreach (var path in (Paths ?? []).Where(static path => path is not (null or ['/', ..])))
                yield return $"{nameof(Paths)} contains '{path}'; each must begin with a slash, as in \"/products?page=2\".";
        }
    }
}
