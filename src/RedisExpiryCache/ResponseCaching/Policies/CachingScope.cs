using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>
/// Which requests are looked up (<see cref="ResponseCachingScope"/>), and what the responses of others change about that.
/// </summary>
internal sealed class CachingScope(StoreDecision storable, PublicEndpoints known, ResponseCacheTelemetry report, TimeProvider time)
{
    public bool Includes(HttpContext context, ResponsePolicy policy) => policy.Scope switch
    {
        EndpointScope.None => false,
        EndpointScope.PublicResponses => policy.PublicEndpoint is { } endpoint ? endpoint.IsKnown : known.Has(context.Request),
        _ => true,
    };

    /// <summary>To be called when the response to a request that was not looked up starts.</summary>
    public void Observe(HttpContext context, ResponseCacheFeature serving)
    {
        var policy = serving.Policy;
        if (policy.Scope != EndpointScope.PublicResponses || context.Request.Method != HttpMethods.Get || !IsPublic(context, serving))
            return;

        if (policy.PublicEndpoint is { } endpoint ? endpoint.Learn() : known.Learn(context.Request))
            report.FoundPublic(context.Request.Path.Value ?? "/", context.GetEndpoint()?.DisplayName);
    }

    /// <summary>Whether a response that the rules let the cache store is in the scope of its endpoint.</summary>
    public static bool Allows(ResponseCacheFeature serving, ResponseFacts response) => serving.Policy.Scope switch
    {
        EndpointScope.All => true,
        EndpointScope.AllButStaticFiles => !StaticFileResponses.IsOne(response),
        EndpointScope.PublicResponses => (response.IsForSharedCaches || serving.Duration is not null) && !StaticFileResponses.IsOne(response),
        _ => false,
    };

    /// <summary>Whether it could have been stored, had its request been looked up.</summary>
    private bool IsPublic(HttpContext context, ResponseCacheFeature serving)
    {
        var (response, now) = (context.Response, time.GetUtcNow());
        var facts = HttpFacts.Of(context.Request, response.StatusCode, response.Headers, storable.Options.TargetedCacheControl, now);
        if (serving.NoStore || StreamingMedia.Is(response.ContentType) || !Allows(serving, facts))
            return false;

        // RFC 9110 15.4.5: a 304 has the fields that would have been sent in the 200.
        if (facts.StatusCode == StatusCodes.Status304NotModified)
            facts = facts with { StatusCode = StatusCodes.Status200OK };

        return Storing.Decide(HttpFacts.Of(context), facts, serving.Lifetime, storable.Rules, now, now).Lifetime is not null;
    }
}
