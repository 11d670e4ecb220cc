using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// A GET of our own for what a client has asked for, as it looked when it reached the cache: the same fields, user, endpoint, and features of
/// middleware in front of us. Without the client's own conditions, ranges and directives; without its connection, so that it goes on when that is
/// gone.
/// </summary>
internal sealed class BackgroundRequest
{
    private static readonly string[] OfTheClientOnly =
    [
        "Cache-Control", "Connection", "Content-Length", "Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Pragma", "Range", "TE",
        "Transfer-Encoding", "Upgrade",
    ];

    private readonly FeatureCollection features = new();
    private readonly UnsentResponse response = new();

    /// <summary>Takes down all that is needed of the client's request, which may be over before the new one begins.</summary>
    public BackgroundRequest(HttpContext original)
    {
        // What the server itself provides belongs to the connection, and is used again for the next request on it.
        var server = original.Features.GetRequiredFeature<IHttpRequestFeature>();
        foreach (var (type, feature) in original.Features)
        {
            if (feature is not null && feature.GetType().Assembly != server.GetType().Assembly && !IsOfOneResponse(feature))
                features[type] = feature;
        }

        Path = server.Path;
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Get,
            Scheme = server.Scheme,
            Protocol = server.Protocol,
            PathBase = server.PathBase,
            Path = server.Path,
            QueryString = server.QueryString,
            RawTarget = server.RawTarget,
            Headers = FieldsOf(original.Request),
        });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpRequestIdentifierFeature>(new HttpRequestIdentifierFeature { TraceIdentifier = $"{original.TraceIdentifier}-renewal" });
        features.Set<IHttpConnectionFeature>(ConnectionOf(original.Connection));
        features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = original.User });
        features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(original.Items) });
        features.Set<IRouteValuesFeature>(new RouteValuesFeature { RouteValues = new RouteValueDictionary(original.Request.RouteValues) });
        features.Set<IEndpointFeature>(new Destination { Endpoint = original.GetEndpoint() });
    }

    public string Path { get; }

    /// <summary>Runs it in a service scope of its own.</summary>
    /// <returns>What <paramref name="answer"/> says; false where the app has broken it off.</returns>
    public async Task<bool?> RunAsync(IServiceProvider services, Func<HttpContext, Task<bool?>> answer, CancellationToken token)
    {
        using var aborted = CancellationTokenSource.CreateLinkedTokenSource(token);
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(aborted));
        var factory = services.GetService<IHttpContextFactory>();
        var context = factory?.Create(features) ?? new DefaultHttpContext(features) { ServiceScopeFactory = services.GetRequiredService<IServiceScopeFactory>() };
        try
        {
            // A limit that the app does not heed is one all the same.
            var succeeded = await answer(context).WaitAsync(token);
            await response.CompleteAsync();
            return aborted.IsCancellationRequested ? false : succeeded;
        }
        finally
        {
            try
            {
                await response.EndAsync();
            }
            finally
            {
                factory?.Dispose(context);
            }
        }
    }

    private static bool IsOfOneResponse(object feature) => feature
        is ClientCoding or IHttpResponseFeature or IHttpResponseBodyFeature or IServiceProvidersFeature or IHttpRequestLifetimeFeature or IItemsFeature or IRequestBodyPipeFeature or IFormFeature
        or IResponseCookiesFeature or IRequestCookiesFeature or IQueryFeature or ISessionFeature or IHttpResponseTrailersFeature or IHttpResetFeature or IHttpUpgradeFeature or IHttpWebSocketFeature
        or IHttpExtendedConnectFeature or IResponseCacheFeature or IHttpActivityFeature or IHttpMetricsTagsFeature;

    private static HeaderDictionary FieldsOf(HttpRequest request)
    {
        var fields = new HeaderDictionary(new Dictionary<string, StringValues>(request.Headers, StringComparer.OrdinalIgnoreCase));
        foreach (var name in OfTheClientOnly)
            fields.Remove(name);

        return fields;
    }

    private static HttpConnectionFeature ConnectionOf(ConnectionInfo connection) => new()
    {
        ConnectionId = connection.Id,
        RemoteIpAddress = Copy(connection.RemoteIpAddress),
        RemotePort = connection.RemotePort,
        LocalIpAddress = Copy(connection.LocalIpAddress),
        LocalPort = connection.LocalPort,
    };

    private static IPAddress? Copy(IPAddress? address) => address is null ? null : new IPAddress(address.GetAddressBytes());

    /// <summary>An app that breaks off its answer by <c>Abort</c> says that it is not whole.</summary>
    private sealed class Lifetime(CancellationTokenSource source) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = source.Token;

        // As on a server, what hangs on the token does not run inside of the app's call.
        public void Abort() => _ = source.CancelAsync();
    }

    private sealed class Destination : IEndpointFeature
    {
        public Endpoint? Endpoint { get; set; }
    }
}
