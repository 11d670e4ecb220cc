using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>The example EdgeCache in front of a small origin.</summary>
[Collection("Examples")] // one after the other: each starts processes of its own, and a cold start takes a whole core
public sealed class EdgeCacheTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Seen> _seen = new();
    private WebApplication _origin = null!;
    private EdgeProcess _edge = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _origin = builder.Build();
        _origin.Use((context, next) =>
        {
            _seen.Enqueue(new Seen(context.Request.Path.ToString(), context.Connection.Id, context.Request.Host.ToString()));
            return next(context);
        });
        _origin.MapGet("/page", static (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Connection = "X-Hop, x-other";
            context.Response.Headers["X-Hop"] = "from the origin to the proxy only";
            context.Response.Headers["X-Other"] = "the same";
            context.Response.Headers["X-Page"] = "for all";
            return "a page";
        });
        _origin.MapGet("/uncached", static () => "made anew");
        _origin.Map("/hang-up", static (HttpContext context) => context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Shutdown(SocketShutdown.Both));
        _origin.Map("/reset", static (HttpContext context) => context.Abort());
        await _origin.StartAsync();
        (_edge, _client) = await EdgeProcess.StartAsync(new Uri(_origin.Urls.Single()));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _edge.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task A_page_is_fetched_once_without_what_its_connection_lists()
    {
        Assert.Contains("an embedded Garnet", _edge.Output, StringComparison.Ordinal);

        foreach (var expected in (string[])["RedisExpiryCache; fwd=uri-miss; stored", "RedisExpiryCache; hit; ttl="])
        {
            var page = await GetAsync("/page");
            Assert.StartsWith(expected, page.CacheStatus, StringComparison.Ordinal);
            Assert.Equal("a page", page.Body);
            Assert.Equal("for all", page["X-Page"]);
            Assert.Null(page["X-Hop"]);
            Assert.Null(page["X-Other"]);
            Assert.Null(page["Connection"]);
        }

        Assert.Equal(_client.BaseAddress!.Authority, Assert.Single(_seen).Host);
    }

    [Theory]
    [InlineData("/hang-up")]
    [InlineData("/reset")]
    public async Task An_origin_that_hangs_up_was_asked_once_and_the_client_gets_502(string path)
    {
        Assert.Equal(HttpStatusCode.BadGateway, (await GetAsync(path)).Status);
        Assert.Equal(path, Assert.Single(_seen).Path);
    }

    [Theory]
    [InlineData("GET", "/hang-up")]
    [InlineData("GET", "/reset")]
    [InlineData("DELETE", "/hang-up")]
    public async Task So_it_is_on_a_connection_that_served_before(string method, string path)
    {
        await GetAsync("/uncached");
        await GetAsync("/uncached");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(["/uncached", "/uncached", path], _seen.Select(static seen => seen.Path));
        Assert.Single(_seen.Select(static seen => seen.Connection).Distinct());

        Assert.Equal("made anew", (await GetAsync("/uncached")).Body);
    }

    private async Task<Answer> GetAsync(string path)
    {
        using var response = await _client.GetAsync(path, TestContext.Current.CancellationToken);
        return await Answer.OfAsync(response);
    }

    private sealed record Seen(string Path, string Connection, string Host);
}
