using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>Warns once of an endpoint whose attributes did nothing, because the request did not pass the cache with its endpoint.</summary>
/// <remarks>
/// Start-up cannot know it: where a pipeline routes, and what runs in a branch, shows only when requests pass. Only the first requests are
/// checked, so that later ones cost nothing. Only a success counts: what refuses a request in front of the cache has not run the endpoint.
/// Nor has another cache in front that answers: its hits have an <c>Age</c> (RFC 9111 5.1).
/// </remarks>
internal sealed class PlacementCheck(StartupChecks pipeline, ILogger<PlacementCheck> logger) : IStartupFilter
{
    private const int CheckedRequests = 1_000;

    /// <summary>ASP.NET Core's CORS middleware leaves it in the request's items, and its endpoint middleware looks for it.</summary>
    private const string CorsHasRun = "__CorsMiddlewareWithEndpointInvoked";

    private int requests;
    private int corsWarned;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(inner => context => InvokeAsync(context, inner));
        next(app);
    };

    private Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        Volatile.Read(ref requests) < CheckedRequests && pipeline.IsPlaced ? CheckAsync(context, next) : next(context);

    private async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref requests);
        await next(context);
        WarnOfCors(context);
        var visit = context.Features.Get<CachePassage>();
        if (!ReferenceEquals(visit, CachePassage.Done)
            && context.Response.StatusCode is >= 200 and <= 299
            && !HttpMethods.IsOptions(context.Request.Method)
            && context.Response.Headers.Age.Count == 0
            && context.GetEndpoint() is { } endpoint && StartupChecks.HasAttribute(endpoint)
            && Interlocked.Exchange(ref requests, CheckedRequests) < CheckedRequests)
        {
            Warn(endpoint.DisplayName ?? "an endpoint without a name", isRoutedTooLate: visit is not null);
        }
    }

    /// <summary>
    /// An endpoint that requires CORS and ran without it throws; so the request was answered by a cache in front of UseCors.
    /// </summary>
    private void WarnOfCors(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint
            && endpoint.Metadata.GetMetadata<ICorsMetadata>() is IEnableCorsAttribute or ICorsPolicyMetadata
            && !context.Items.ContainsKey(CorsHasRun)
            && ReferenceEquals(context.Features.Get<CachePassage>(), CachePassage.Done)
            && context.Response.StatusCode is >= 200 and <= 399
            && Interlocked.Exchange(ref corsWarned, 1) == 0)
            logger.CorsBehindCache(endpoint.DisplayName ?? "An endpoint without a name", HelpLink.MiddlewareOrder);
    }

    private void Warn(string endpoint, bool isRoutedTooLate)
    {
        if (isRoutedTooLate)
            logger.AttributesPassedBy(endpoint, "UseRedisExpiringCache comes before UseRouting", "Call UseRouting first.");
        else
            logger.AttributesPassedBy(
                endpoint,
                "it ran without UseRedisExpiringCache",
                "It is in a branch in front or has ShortCircuit(): call UseRedisExpiringCache in front of it.");
    }
}
