using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.StaticAssets;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Which responses of an endpoint are in the cache's scope.</summary>
internal enum EndpointScope
{
    /// <summary>All that RFC 9111 and the policy let it store.</summary>
    All,

    /// <summary>The same without static files: a base policy speaks for the endpoint, and nothing at the endpoint itself.</summary>
    AllButStaticFiles,

    /// <summary>Responses that say themselves that shared caches may store them; looked up once there has been one.</summary>
    PublicResponses,

    /// <summary>None.</summary>
    None,
}

/// <summary>The scope of an endpoint by its metadata and the settings.</summary>
internal static class EndpointScopes
{
    private const string HealthChecks = "Health checks";

    /// <param name="endpoint">Null: routing has chosen none.</param>
    /// <param name="isMarked">Something at the endpoint itself says that it is cached.</param>
    /// <param name="options">The scope, and the base policy.</param>
    public static EndpointScope Of(Endpoint? endpoint, bool isMarked, ResponseCachingOptions options)
    {
        if (isMarked || options.Scope == ResponseCachingScope.AllResponses)
            return EndpointScope.All;

        if (options.Scope == ResponseCachingScope.MarkedEndpoints || IsStaticAsset(endpoint) || IsHealthCheck(endpoint))
            return EndpointScope.None;

        return options.BasePolicy is { Duration: null, Sliding: null } ? EndpointScope.PublicResponses : EndpointScope.AllButStaticFiles;
    }

    /// <summary>MVC's attribute, where it lets shared caches store: <c>Location</c> Any, which is the default.</summary>
    public static bool IsPublic(CacheProfile? mvc) => mvc is { NoStore: not true, Location: null or ResponseCacheLocation.Any };

    private static bool IsStaticAsset(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;

    /// <summary>By the middleware that answers, or, where a filter wraps it, by the name that <c>MapHealthChecks</c> gives.</summary>
    private static bool IsHealthCheck(Endpoint? endpoint) =>
        endpoint?.RequestDelegate?.Target is HealthCheckMiddleware || endpoint?.DisplayName == HealthChecks;
}
