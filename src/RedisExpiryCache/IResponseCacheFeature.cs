namespace RedisExpiryCache;

/// <summary>Lets an endpoint decide about the caching of the response that it is producing.</summary>
/// <remarks>
/// <c>context.Features.Get&lt;IResponseCacheFeature&gt;()</c> returns it while the response could be stored, otherwise null. After the
/// response has started, every change throws an <see cref="InvalidOperationException"/>.
/// </remarks>
public interface IResponseCacheFeature
{
    /// <summary>How long this response is fresh, and kept at most. Default: null, as the policy says. Range: more than zero.</summary>
    /// <remarks>
    /// At an endpoint that is not marked it asks for caching: the endpoint's requests are looked up from the next one on
    /// (<see cref="ResponseCachingScope.MarkedAndPublic"/>).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">Set to zero or less.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/prices", (HttpContext context) =>
    /// {
    ///     if (context.Features.Get&lt;IResponseCacheFeature&gt;() is { } caching)
    ///         caching.Duration = TimeSpan.FromSeconds(10);
    ///
    ///     return "9.99";
    /// }).CacheResponse(TimeSpan.FromMinutes(5));
    /// </code>
    /// </example>
    TimeSpan? Duration { get; set; }

    /// <summary>Whether this response is not stored. Default: false.</summary>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <example><code>if (context.Features.Get&lt;IResponseCacheFeature&gt;() is { } caching) caching.NoStore = true;</code></example>
    bool NoStore { get; set; }

    /// <summary>Adds tags by which this response can be evicted.</summary>
    /// <remarks>
    /// An eviction of such a tag counts from the start of the request: a response that was being produced meanwhile is not stored.
    /// </remarks>
    /// <param name="tags">The tags, as they are: braces have no meaning here.</param>
    /// <exception cref="ArgumentNullException"><paramref name="tags"/> or one of them is null.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <example><code>context.Features.Get&lt;IResponseCacheFeature&gt;()?.AddTags("products", "product:7");</code></example>
    void AddTags(params string[] tags);

    /// <summary>Adds request fields on which this response depends; they are added to its <c>Vary</c>.</summary>
    /// <param name="names">The names of request fields.</param>
    /// <exception cref="ArgumentException">One of them is not the name of a field; "*" is none.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <example><code>context.Features.Get&lt;IResponseCacheFeature&gt;()?.VaryByHeader("Accept-Language");</code></example>
    void VaryByHeader(params string[] names);
}
