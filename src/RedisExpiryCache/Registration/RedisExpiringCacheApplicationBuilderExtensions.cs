using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.Configuration;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Storage;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Places the response cache in the pipeline.</summary>
public static class RedisExpiringCacheApplicationBuilderExtensions
{
    private const string Placed = "RedisExpiryCache.Placed";

    /// <summary>
    /// Serves stored responses, and stores responses of the middleware and endpoints behind it (RFC 9111, a shared cache).
    /// </summary>
    /// <remarks>
    /// Place it after <c>UseForwardedHeaders</c>, <c>UseRouting</c> (where that is called explicitly), <c>UseCors</c>,
    /// <c>UseAuthentication</c> and <c>UseAuthorization</c>, and before what is to be cached.
    /// </remarks>
    /// <param name="app">The pipeline.</param>
    /// <returns>The pipeline.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// <c>AddRedisExpiringCache</c> was not called; or this pipeline, or the one that it branches off, already has the response cache.
    /// Separate branches (<c>app.Map</c>) may have one each. A branch that rejoins (<c>app.UseWhen</c>) is found out by its requests: they
    /// use the first one, and a warning is logged.
    /// </exception>
    /// <example>
    /// <code>
    /// var app = builder.Build();
    /// app.UseAuthentication();
    /// app.UseAuthorization();
    /// app.UseRedisExpiringCache();
    /// </code>
    /// </example>
    public static IApplicationBuilder UseRedisExpiringCache(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // Asked for by name only: to make it would check the settings here, where no host can say what is wrong with them.
        if (app.ApplicationServices.GetService<IServiceProviderIsService>()?.IsService(typeof(ResponseStore)) is false)
        {
            throw new InvalidOperationException(
                "UseRedisExpiringCache needs services that are not registered: add builder.Services.AddRedisExpiringCache(\"localhost:6379\") before builder.Build().");
        }

        // A branch begins with the properties that its pipeline has by then, and keeps its own to itself.
        if (!app.Properties.TryAdd(Placed, true))
        {
            throw new InvalidOperationException(
                "UseRedisExpiringCache was called before, in this pipeline or in the one that it is a branch of: each response would be stored twice. Remove one of the calls.");
        }

        app.ApplicationServices.GetRequiredService<StartupChecks>().IsPlaced = true;
        return app.UseMiddleware<ReloadingResponseCache>();
    }
}
