namespace RedisExpiryCache;

/// <summary>
/// What an app decides about the caching of one response while it is making it: <c>context.Features.Get&lt;IResponseCacheFeature&gt;()</c>. It is
/// there when the response could be stored, and is heeded until the response starts; what is set later is an <see cref="InvalidOperationException"/>.
/// </summary>
public interface IResponseCacheFeature
{
    /// <summary>
    /// How long this response is fresh, and kept at most, in place of what the policy says. Default: null, as the policy says. More than zero.
    /// </summary>
    /// <remarks>
    /// At an endpoint that nothing marks it asks for caching: the endpoint's requests are looked up from the next one on
    /// (<see cref="ResponseCachingScope.MarkedAndPublic"/>).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">Set to zero or less.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    TimeSpan? Duration { get; set; }

    /// <summary>This response is not stored. Default: false.</summary>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    bool NoStore { get; set; }

    /// <summary>
    /// Adds tags by which to evict this response. An eviction of such a tag counts from the moment the request began: what was being made meanwhile
    /// is not stored.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    void AddTags(params string[] tags);

    /// <summary>Adds request fields that made a difference to this response; they are added to its <c>Vary</c>.</summary>
    /// <exception cref="ArgumentException">One of them cannot be the name of a field, "*" included.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    void VaryByHeader(params string[] names);
}
