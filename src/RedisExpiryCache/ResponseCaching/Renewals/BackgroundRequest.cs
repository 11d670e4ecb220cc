using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>A GET like a client's, as the server received it, that runs through the application's whole pipeline.</summary>
/// <remarks>
/// It has the client's fields without conditions, range and directives, and none of its connection's state: no client certificate, no
/// session of Negotiate. So it goes on when the client is gone.
/// </remarks>
internal sealed class BackgroundRequest
{
    private static readonly HashSet<string> OfTheClientOnly = new(StringComparer.OrdinalIgnoreCase)
    {
        "Cache-Control", "Connection", "Content-Length", "Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
        "If-Unmodified-Since", "Keep-Alive", "Pragma", "Range", "TE", "Transfer-Encoding", "Upgrade",
    };

    private readonly FeatureCollection features = new();
    private readonly DiscardingResponse response = new();

    /// <summary>Copies all that is needed of the client's request, which may be over before this one begins.</summary>
    public BackgroundRequest(OriginalRequest original, string traceIdentifier, Renewal renewal)
    {
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Get,
            Scheme = original.Scheme,
            Protocol = original.Protocol,
            PathBase = original.PathBase,
            Path = original.Path,
            QueryString = original.QueryString,
            RawTarget = original.RawTarget,
            Headers = FieldsOf(original),
        });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpRequestIdentifierFeature>(new HttpRequestIdentifierFeature { TraceIdentifier = $"{traceIdentifier}-renewal" });
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = traceIdentifier,
            RemoteIpAddress = original.RemoteIpAddress,
            RemotePort = original.RemotePort,
            LocalIpAddress = original.LocalIpAddress,
            LocalPort = original.LocalPort,
        });
        features.Set<IConnectionItemsFeature>(new NoConnectionItems());
        features.Set<CachePassage>(renewal);
    }

    /// <summary>Runs it in a service scope of its own, to the application's own end.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="application">Its pipeline.</param>
    /// <param name="token">Aborts the request. The application may not heed that.</param>
    /// <returns>False: it was aborted.</returns>
    public async Task<bool> RunAsync(IServiceProvider services, RequestDelegate application, CancellationToken token)
    {
        using var lifetime = new RenewalLifetime();
        features.Set<IHttpRequestLifetimeFeature>(lifetime);
        response.Aborted = token;
        await using var abort = token.UnsafeRegister(static lifetime => ((RenewalLifetime)lifetime!).Abort(), lifetime);
        var factory = services.GetService<IHttpContextFactory>();
        var context = factory?.Create(features)
            ?? new DefaultHttpContext(features) { ServiceScopeFactory = services.GetRequiredService<IServiceScopeFactory>() };
        try
        {
            await application(context);
            await response.CompleteAsync();
            return !lifetime.IsAborted;
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

    private static HeaderDictionary FieldsOf(OriginalRequest original)
    {
        var fields = new HeaderDictionary(original.Fields.Length);
        foreach (var (name, value) in original.Fields)
        {
            if (!OfTheClientOnly.Contains(name))
                fields[name] = value;
        }

        return fields;
    }

    private sealed class NoConnectionItems : IConnectionItemsFeature
    {
        public IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();
    }
}
