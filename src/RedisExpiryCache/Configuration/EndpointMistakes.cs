using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>Warns of endpoints whose metadata cannot do what it seems to say.</summary>
internal static class EndpointMistakes
{
    public static void Warn(IEnumerable<Endpoint> endpoints, bool storesPost, ILogger logger)
    {
        foreach (var endpoint in endpoints.Where(static endpoint => endpoint.Metadata.GetMetadata<IPolicyMetadata>() is not null))
        {
            var name = endpoint.DisplayName ?? "An endpoint without a name";
            if (HasOutputCache(endpoint))
                logger.OutputCacheToo(name, HelpLink.MiddlewareOrder);

            if (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods
                && !methods.Any(method => IsCached(method, storesPost)))
                logger.CachedMethodUnsafe(name, string.Join(", ", methods), HelpLink.Policies);
        }
    }

    private static bool HasOutputCache(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IOutputCachePolicy>() is not null
        || endpoint.Metadata.GetMetadata<OutputCacheAttribute>() is { NoStore: false };

    private static bool IsCached(string method, bool storesPost) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || (storesPost && HttpMethods.IsPost(method));
}
