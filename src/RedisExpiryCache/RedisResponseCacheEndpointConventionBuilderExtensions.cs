using RedisExpiryCache;
using RedisExpiryCache.ResponseCaching.Policies;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The response cache on endpoints and groups of them: minimal APIs, Razor Pages, controllers alike.</summary>
public static class RedisResponseCacheEndpointConventionBuilderExtensions
{
    /// <summary>Caches by the base policies, or else for 60 seconds, as <c>CacheOutput()</c> of ASP.NET Core does.</summary>
    /// <remarks>
    /// Where no policy has a duration, a response whose own fields say how long it is fresh keeps its word, and
    /// <see cref="ResponseCachingOptions.DefaultDuration"/> takes the place of the 60 seconds. The nearest convention or attribute counts.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.With(new PolicyMetadata(new PolicySettings(), PolicyName: null));

    /// <summary>Caches responses for a time span, as <c>CacheResponse(policy => policy.Expire(duration))</c> does.</summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="duration">How long a response is fresh. Range: more than zero.</param>
    /// <returns>The endpoint or group.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is zero or less.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/news", () => "…").CacheResponse(TimeSpan.FromMinutes(5));
    /// </code>
    /// </example>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, TimeSpan duration) where TBuilder : IEndpointConventionBuilder =>
        builder.CacheResponse(policy => policy.Expire(duration));

    /// <summary>Caches by a named policy (<see cref="ResponseCachingOptions.AddPolicy"/>). A name that nobody has added stops the app's start.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, string policyName) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(policyName);
        return builder.With(new PolicyMetadata(new PolicySettings(), policyName));
    }

    /// <summary>Caches by a policy of the endpoint's or group's own.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static TBuilder CacheResponse<TBuilder>(this TBuilder builder, Action<ResponseCachePolicyBuilder> policy) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(policy);
        var own = new ResponseCachePolicyBuilder();
        policy(own);
        return builder.With(new PolicyMetadata(own.Settings, PolicyName: null));
    }

    /// <summary>
    /// Evicts stored responses after the endpoint has succeeded (2xx or 3xx), before the client hears of it: as
    /// <see cref="RedisResponseCacheEvictAttribute"/> does.
    /// </summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="tags">A route value is named in braces: <c>"product:{id}"</c>.</param>
    /// <param name="paths">From the app's root: <c>"/products/{id}"</c>.</param>
    /// <param name="markStale">Whether they are marked stale instead, and so served until they have been made anew in the background.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException">A path does not begin with a slash.</exception>
    public static TBuilder EvictCachedResponses<TBuilder>(this TBuilder builder, string[]? tags = null, string[]? paths = null, bool markStale = false)
        where TBuilder : IEndpointConventionBuilder =>
        builder.With(new RedisResponseCacheEvictAttribute { Tags = tags, Paths = paths, MarkStale = markStale });

    private static TBuilder With<TBuilder>(this TBuilder builder, object metadata) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
