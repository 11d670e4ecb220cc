using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Finds the endpoint of the GET that corresponds to a HEAD or POST: the stored response has its policy and cache key.</summary>
/// <remarks>For HEAD, routing chooses the endpoint that answers 405 where only GET is mapped.</remarks>
internal sealed class CorrespondingGetRouting(IServiceProvider services, ResponseCacheTelemetry report)
{
    /// <summary>Under which <c>UseRouting</c> leaves the builder whose endpoints it chooses from.</summary>
    private const string RouteBuilder = "__EndpointRouteBuilder";

    private readonly Lazy<RequestDelegate> route = new(() => Build(services));

    /// <returns>Null where routing has not run, chooses nothing, or fails.</returns>
    public async ValueTask<RoutedGet?> TryFindAsync(HttpContext context)
    {
        try
        {
            return await FindAsync(context);
        }
        catch (Exception mistake)
        {
            report.InternalError(mistake);
            return null;
        }
    }

    private async ValueTask<RoutedGet?> FindAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not { } own || services.GetService<EndpointDataSource>() is null)
            return null;

        // A service provider that was made for the request becomes a feature of it only once it is used.
        _ = context.RequestServices;
        var destination = new Destination();
        var features = new FeatureCollection(context.Features);
        features.Set<IHttpRequestFeature>(AsGet(context.Features.GetRequiredFeature<IHttpRequestFeature>()));
        features.Set<IEndpointFeature>(destination);
        features.Set<IRouteValuesFeature>(destination);
        await route.Value(new DefaultHttpContext(features));
        return destination.Chosen is { } chosen
            ? new RoutedGet(chosen, destination.RouteValues, IsOwn: ReferenceEquals(chosen, own))
            : null;
    }

    private static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        if (app.Properties.TryGetValue(RouteBuilder, out var builder) && builder is IEndpointRouteBuilder routes)
            routes.DataSources.Add(services.GetRequiredService<EndpointDataSource>());

        app.Run(static _ => Task.CompletedTask);
        return app.Build();
    }

    private static HttpRequestFeature AsGet(IHttpRequestFeature request) => new()
    {
        Method = HttpMethods.Get,
        Scheme = request.Scheme,
        Protocol = request.Protocol,
        PathBase = request.PathBase,
        Path = request.Path,
        QueryString = request.QueryString,
        RawTarget = request.RawTarget,
        Headers = request.Headers,
    };

    /// <summary>Takes what routing chooses, and hides it from the middleware, which would run an endpoint that short-circuits.</summary>
    private sealed class Destination : IEndpointFeature, IRouteValuesFeature
    {
        public Endpoint? Chosen { get; private set; }

        /// <summary>Routing sets null for a route without parameters.</summary>
        public RouteValueDictionary RouteValues { get => field ??= []; set; }

        Endpoint? IEndpointFeature.Endpoint
        {
            get => null;
            set => Chosen = value;
        }
    }
}

/// <summary>The route of the GET that corresponds to a HEAD or POST request.</summary>
/// <param name="Endpoint">Of the GET.</param>
/// <param name="Values">Its route values.</param>
/// <param name="IsOwn">The request itself has the same endpoint.</param>
internal sealed record RoutedGet(Endpoint Endpoint, RouteValueDictionary Values, bool IsOwn)
{
    /// <summary>Whether authorization in front of the cache has decided about another endpoint, and this one demands it.</summary>
    public bool IsUnauthorized =>
        !IsOwn && Endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && (Endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null
            || Endpoint.Metadata.GetMetadata<IAuthorizationRequirementData>() is not null
            || Endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is not null);

    /// <summary>Until it is disposed, the request has the endpoint and the route values of the GET.</summary>
    public IDisposable Enter(HttpContext context)
    {
        var before = new Before(context, context.GetEndpoint(), context.Request.RouteValues);
        context.SetEndpoint(Endpoint);
        context.Request.RouteValues = Values;
        return before;
    }

    private sealed record Before(HttpContext Context, Endpoint? Endpoint, RouteValueDictionary Values) : IDisposable
    {
        public void Dispose()
        {
            Context.SetEndpoint(Endpoint);
            Context.Request.RouteValues = Values;
        }
    }
}
