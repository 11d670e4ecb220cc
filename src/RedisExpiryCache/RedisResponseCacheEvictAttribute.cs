namespace RedisExpiryCache;

/// <summary>
/// Evicts stored responses after the action, handler, Razor page or controller that carries it has succeeded (2xx or 3xx), before the client hears of
/// the success. All attributes of an endpoint count. Its own responses are not stored.
/// On a Razor page (that is, on its model) it counts for POST and other unsafe methods alone: showing the form evicts nothing, and may be cached.
/// <para>An eviction that fails is logged as an error and counted; the action's response stays as it is.</para>
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true, AllowMultiple = true)]
public sealed class RedisResponseCacheEvictAttribute : Attribute
{
    /// <summary>The tags to evict. A route value of this request is named in braces: <c>"product:{id}"</c>. Default: none.</summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? Tags
    {
        get;
        set => field = WithoutNull(value, nameof(Tags));
    }

    /// <summary>
    /// The URLs to evict, from the app's root, with their query where they have one: <c>"/products/{id}"</c>. A path base of this request is put
    /// before them. Default: none.
    /// </summary>
    /// <exception cref="ArgumentException">One of them does not begin with a slash.</exception>
    public string[]? Paths
    {
        get;
        set => field = FromTheRoot(value);
    }

    /// <summary>
    /// Whether what is named is marked stale instead, and so served until it has been made anew in the background: see
    /// <see cref="IResponseCacheInvalidator.MarkStaleAsync"/>. Default: false. The URL of an unsafe request itself is evicted all the same (RFC 9111
    /// 4.4).
    /// </summary>
    public bool MarkStale { get; set; }

    private static string[]? FromTheRoot(string[]? paths) => Array.Find(paths ?? [], static path => path is not ['/', ..]) is { } wrong
        ? throw new ArgumentException($"'{wrong}' is no path; it must begin with a slash, as in \"/products?page=2\".", nameof(Paths))
        : WithoutNull(paths, nameof(Paths));

    private static string[]? WithoutNull(string[]? values, string name) =>
        values is null ? null : ResponseCachePolicyBuilder.WithoutNull(values, name);
}
