using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>The response cache while it is turned off: requests pass through, and evict what they would evict otherwise.</summary>
/// <remarks>See docs/design/turned-off.md.</remarks>
internal sealed class DisabledResponseCache(RequestDelegate next, EndpointEvictionRunner evictions)
{
    public Task InvokeAsync(HttpContext context, Renewal? renewal)
    {
        if (renewal is null)
            return PassOn(context);

        // It began before: no client is going to get its response.
        renewal.Outcome = RenewalOutcome.NotNeeded;
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return Task.CompletedTask;
    }

    private async Task PassOn(HttpContext context)
    {
        using var features = FeatureScope.Begin(context, serving: null);
        if (Invalidation.IsUnsafe(context.Request.Method) || EndpointEvictionRunner.IsEvicting(context.GetEndpoint()))
            await evictions.RunAsync(context, next, cacheStatus: null);
        else
            await next(context);
    }
}
