using RedisExpiryCache;
using RedisExpiryCache.ResponseCaching.Policies;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Response caching of endpoints and groups: minimal APIs, Razor Pages and controllers.</summary>
/// <remarks>
/// A hit runs no endpoint filter and no filter of MVC: <see cref="RedisResponseCacheAttribute"/> says where checks of each request belong.
/// </remarks>
public static class RedisResponseCacheEndpointConventionBuilderExtensions
{
    /// <summary>Caches responses by the base policies, or else for 60 seconds, as <c>CacheOutput()</c> of ASP.NET Core does.</summary>
    /// <remarks>
    /// Where no policy has a duration, a response's own freshness counts, and <see cref="ResponseCachingOptions.DefaultDuration"/> replaces
    /// the 60 seconds. The nearest convention or attribute counts.
    /// </remarks>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example><code>app.MapGet("/news", () => "…").CacheResponse();</code></example>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.With(new PolicyMetadata(new PolicySettings(), PolicyName: null));

    /// <summary>Caches responses for a time span, as <c>CacheResponse(policy => policy.Expire(duration))</c> does.</summary>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="duration">How long a response is fresh. Range: more than zero.</param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is zero or less.</exception>
    /// <example><code>app.MapGet("/news", () => "…").CacheResponse(TimeSpan.FromMinutes(5));</code></example>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, TimeSpan duration) where TBuilder : IEndpointConventionBuilder =>
        builder.CacheResponse(policy => policy.Expire(duration));

    /// <summary>Caches responses by a named policy (<see cref="ResponseCachingOptions.AddPolicy"/>).</summary>
    /// <remarks>An unknown name stops the start of the application.</remarks>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="policyName">The name. Letter case does not matter.</param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example><code>app.MapGet("/about", () => "…").CacheResponse("hourly");</code></example>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, string policyName) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(policyName);
        return builder.With(new PolicyMetadata(new PolicySettings(), policyName));
    }

    /// <summary>Caches responses by a policy of this endpoint or group.</summary>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="policy">Says how responses are cached.</param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/products/{id}", (int id) => $"Product {id}")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByQuery("page").Tag("products", "product:{id}"));
    /// </code>
    /// </example>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, Action<ResponseCachePolicyBuilder> policy) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(policy);
        var own = new ResponseCachePolicyBuilder();
        policy(own);
        return builder.With(new PolicyMetadata(own.Settings, PolicyName: null));
    }

    /// <summary>Evicts stored responses after the endpoint has succeeded (2xx or 3xx), before its response is sent.</summary>
    /// <remarks>The same as <see cref="RedisResponseCacheEvictAttribute"/>.</remarks>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="tags">The tags to evict, route values in braces: <c>"product:{id}"</c>. Default: null, none.</param>
    /// <param name="paths">The URLs to evict, from the application's root: <c>"/products/{id}"</c>. Default: null, none.</param>
    /// <param name="markStale">
    /// Whether they are marked stale instead, and served until they are renewed in the background. Default: false.
    /// </param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException">A path does not begin with a slash.</exception>
    /// <example>
    /// <code>
    /// app.MapPost("/products/{id}", (int id) => Results.Ok()).EvictCachedResponses(tags: ["product:{id}"]);
    /// </code>
    /// </example>
    public static TBuilder EvictCachedResponses<TBuilder>(
        this TBuilder builder, string[]? tags = null, string[]? paths = null, bool markStale = false)
        where TBuilder : IEndpointConventionBuilder
    {
        var metadata = new RedisResponseCacheEvictAttribute { Tags = tags, Paths = paths, MarkStale = markStale };
        return metadata.Faults.FirstOrDefault() is { } fault ? throw new ArgumentException(fault) : builder.With(metadata);
    }

    private static TBuilder With<TBuilder>(this TBuilder builder, object metadata) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
