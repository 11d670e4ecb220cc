// A caching reverse proxy: what an origin answers is kept in Redis as its own headers allow, and served from there.
//
//   dotnet run --project examples/EdgeCache -- --origin http://127.0.0.1:8000 --urls http://127.0.0.1:8080
//
// It uses the Redis that ConnectionStrings:Redis names; without one it brings its own.

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache;
using Yarp.ReverseProxy.Forwarder;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Yarp", LogLevel.Warning)
    .AddFilter("RedisExpiryCache", LogLevel.Warning);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://127.0.0.1:8080");

if (!Uri.TryCreate(builder.Configuration["origin"], UriKind.Absolute, out var origin)
    || origin is not { Scheme: "http" or "https", PathAndQuery: "/", Fragment: "", UserInfo: "" })
{
    Console.Error.WriteLine("Say whose responses to cache, a scheme, a host and a port only: --origin http://127.0.0.1:8000");
    return 1;
}

// The origin decides how long a body may be, and which server it says it is.
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.AddServerHeader = false;
});

var redis = builder.Configuration.GetConnectionString("Redis");
using var embedded = string.IsNullOrWhiteSpace(redis) ? EmbeddedRedis.Start() : null;

builder.Services.AddHttpForwarder();
builder.Services.AddRedisExpiringCache(options =>
{
    options.Configuration = embedded?.ConnectionString ?? redis;
    options.InstanceName = "edge:";

    // A proxy has no policies: the fields of requests and responses decide, and what they leave open favours the cache.
    options.ResponseCaching.Scope = ResponseCachingScope.AllResponses;
    options.ResponseCaching.HonorRequestDirectives = true;
    options.ResponseCaching.HeuristicFreshness = true;
    options.ResponseCaching.StoreSetCookie = true;
    options.ResponseCaching.StorePostResponses = true;
    options.ResponseCaching.IgnorePreferenceOrder = true;
    options.ResponseCaching.StaleIfError = TimeSpan.FromHours(1);

    // What came before CDN-Cache-Control, and many origins still send; read as the structured field that its successor is.
    options.ResponseCaching.TargetedCacheControl.Add("Surrogate-Control");

    // The command line has the last word, as in --Cache:ResponseCaching:MaximumBodySize 1048576.
    builder.Configuration.GetSection("Cache").Bind(options);
});

// Disposed before the embedded Redis, so that the connections to it are closed by then.
await using var app = builder.Build();
app.UseRedisExpiringCache();

using var client = new HttpMessageInvoker(new SentOnce(new SocketsHttpHandler
{
    UseProxy = false,
    UseCookies = false,
    AllowAutoRedirect = false,
    AutomaticDecompression = DecompressionMethods.None,
    ActivityHeadersPropagator = null,
}));
app.MapForwarder("/{**path}", origin.AbsoluteUri, ForwarderRequestConfig.Empty, new EndToEnd(), client);

try
{
    await app.StartAsync();
}
catch (Exception wrong) when (wrong is IOException or SocketException or FormatException or OptionsValidationException)
{
    Console.Error.WriteLine(wrong switch
    {
        OptionsValidationException => $"ConnectionStrings:Redis: {wrong.Message}",
        IOException => $"{wrong.Message} Stop what listens there, or choose another address with --urls http://127.0.0.1:8081.",
        _ => $"--urls: {wrong.Message}",
    });
    return 1;
}

Console.WriteLine($"""
    EdgeCache
      listens on  {string.Join(' ', app.Urls)}
      its origin  {origin}
      its Redis   {(embedded is null ? "the one that ConnectionStrings:Redis names" : $"an embedded Garnet on {embedded.ConnectionString}, because ConnectionStrings:Redis is not set")}
    """);
await app.WaitForShutdownAsync();
return 0;

/// <summary>Every request reaches the origin at most once, whatever happens to its connection.</summary>
internal sealed class SentOnce(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // When a connection ends before a response has begun, SocketsHttpHandler sends the request up to three times more, a DELETE too, but
        // never one whose content it has begun to send, even if that is empty: a Content-Length: 0, and connections stay pooled.
        if (request.Content is null && request.Method != HttpMethod.Connect)
            request.Content = new ByteArrayContent([]);

        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>
/// Passes on what is meant for the client, with the client's own Host towards the origin. YARP leaves out Connection; this leaves
/// out the fields it names, too (RFC 9110 7.6.1), before the cache sees them.
/// </summary>
internal sealed class EndToEnd : HttpTransformer
{
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var passOn = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse?.Headers.NonValidated.TryGetValues("Connection", out var named) is true)
        {
            foreach (var name in named.SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
                httpContext.Response.Headers.Remove(name);
        }

        return passOn;
    }
}
