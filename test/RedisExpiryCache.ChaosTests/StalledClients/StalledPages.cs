using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.StalledClients;

/// <summary>How the origin writes a body.</summary>
internal enum Writing
{
    OneWrite,
    ManyWrites,
    UnknownLength,
}

/// <summary>An application on an HTTP/1.1 and an HTTP/2 port; its page is as long as its path says.</summary>
internal sealed class StalledPages : IAsyncDisposable
{
    private const int Chunk = 64 * 1024;

    private readonly WebApplication _web;
    private int _calls;

    private StalledPages(WebApplication web) => _web = web;

    public int Calls => Volatile.Read(ref _calls);

    public Uri Http1 => new(_web.Urls.First());

    public Uri Http2 => new(_web.Urls.Last());

    public static async Task<StalledPages> StartAsync(RedisServer server)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRedisExpiringCache(options =>
        {
            options.Configuration = server.ConnectionString;
            options.InstanceName = server.NewPrefix();
            options.ResponseCaching.Scope = ResponseCachingScope.AllResponses;

            // A busy machine costs no hits.
            options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(2);
        });
        var web = builder.Build();
        web.UseRedisExpiringCache();
        var pages = new StalledPages(web);
        web.MapGet("/{writing}/{length:int}", pages.ServeAsync);
        await web.StartAsync();
        return pages;
    }

    public static string PathOf(Writing writing, int length) => string.Create(CultureInfo.InvariantCulture, $"/{writing}/{length}");

    public HttpClient NewClient(HttpProtocols protocols)
    {
        var client = new HttpClient { BaseAddress = protocols == HttpProtocols.Http2 ? Http2 : Http1, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Host = "app.example";
        client.DefaultRequestVersion = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    /// <summary>A client that sends a request and does not read the body.</summary>
    public Task<StalledClient> StallAsync(HttpProtocols protocols, string path, params (string Name, string Value)[] fields) =>
        protocols == HttpProtocols.Http2 ? StalledClient.GetHttp2Async(Http2, path, fields) : StalledClient.GetAsync(Http1, path);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task ServeAsync(HttpContext context, string writing, int length)
    {
        Interlocked.Increment(ref _calls);
        var way = Enum.Parse<Writing>(writing, ignoreCase: true);
        (context.Response.Headers.CacheControl, context.Response.Headers.Vary) = ("public, max-age=600", "Accept-Language");
        context.Response.ContentLength = way == Writing.UnknownLength ? null : length;
        var chunk = new byte[way == Writing.OneWrite ? length : Math.Min(length, Chunk)];
        for (var left = length; left > 0; left -= chunk.Length)
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, Math.Min(left, chunk.Length)), context.RequestAborted);
    }
}
