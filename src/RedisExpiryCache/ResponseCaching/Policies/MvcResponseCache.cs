using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.ResponseCaching;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>
/// MVC's own <c>[ResponseCache]</c>. What it writes into the response's header fields speaks for itself; only the query keys it cannot say there, and
/// hands them to an <see cref="IResponseCachingFeature"/> once the action runs. That is too late for a lookup, so they are read where the attribute
/// stands.
/// </summary>
internal static class MvcResponseCache
{
    /// <returns>Null: the endpoint does not carry the attribute, or it names no query keys.</returns>
    public static string[]? QueryKeysOf(Endpoint endpoint, IServiceProvider services) =>
        endpoint.Metadata.GetMetadata<ResponseCacheAttribute>() is { } attribute && services.GetService<IOptions<MvcOptions>>() is { } mvc
            ? attribute.GetCacheProfile(mvc.Value).VaryByQueryKeys
            : null;

    /// <summary>MVC asks for this feature before it runs an action that names query keys, whatever the request's method.</summary>
    public static void AddFeature(HttpContext context) => context.Features.Set<IResponseCachingFeature>(new Feature());

    private sealed class Feature : IResponseCachingFeature
    {
        /// <summary>Heeded where the attribute says it; from here it is not needed, because without it the whole query counts.</summary>
        public string[]? VaryByQueryKeys { get; set; }
    }
}
