using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Endpoints whose every answer is a new one.</summary>
internal static class Pages
{
    /// <summary>A page that is cacheable by its own headers, unless told otherwise.</summary>
    public static IEndpointConventionBuilder MapPage(
        this WebApplication web, string pattern, string? cacheControl = "max-age=60", Action<HttpContext>? also = null) =>
        web.MapMethods(pattern, ["GET", "HEAD"], (HttpContext context) =>
        {
            if (cacheControl is not null)
            {
                context.Response.Headers.CacheControl = cacheControl;
            }

            also?.Invoke(context);
            return context.Response.WriteAsync(context.NextPage(), context.RequestAborted);
        });

    /// <summary>A page that the attribute speaks for.</summary>
    public static IEndpointConventionBuilder MapPage(this WebApplication web, string pattern, RedisResponseCacheAttribute policy, Action<HttpContext>? also = null) =>
        web.MapPage(pattern, cacheControl: null, also).WithMetadata(policy);

    public static string NextPage(this HttpContext context) => context.RequestServices.GetRequiredService<PageCounter>().Next();
}
