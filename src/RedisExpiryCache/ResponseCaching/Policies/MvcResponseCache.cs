using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>
/// MVC's own <c>[ResponseCache]</c>. What it writes into the response's header fields speaks for itself; only the query keys it cannot say
/// there, and hands them to an IResponseCachingFeature (<see cref="FeatureScope"/>) once the action runs. That is too late for a lookup, so
/// they are read where the attribute stands.
/// </summary>
internal static class MvcResponseCache
{
    /// <returns>What the attribute says, its named profile included; null: the endpoint does not carry it.</returns>
    /// <remarks>
    /// Null also where the profile is not defined. MVC throws when that action runs; here it would fail all evictions by URL, which read
    /// the policies of all endpoints.
    /// </remarks>
    public static CacheProfile? Of(Endpoint endpoint, IServiceProvider services) =>
        endpoint.Metadata.GetMetadata<ResponseCacheAttribute>() is { } attribute
        && services.GetService<IOptions<MvcOptions>>() is { Value: var mvc }
        && (attribute.CacheProfileName is not { } name || mvc.CacheProfiles.ContainsKey(name))
            ? attribute.GetCacheProfile(mvc)
            : null;
}
