using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class MethodTests(RedisFixture fixture) : MethodContract(fixture);

public sealed class InMemoryMethodTests(InMemoryFixture fixture) : MethodContract(fixture);

/// <summary>RFC 9110 9: methods are case-sensitive, and the registry says which are safe. Upgrade is for other protocols.</summary>
public abstract class MethodContract(ServerFixture fixture)
{
    [Theory]
    [InlineData("QUERY")]
    [InlineData("PROPFIND")]
    [InlineData("REPORT")]
    [InlineData("SEARCH")]
    [InlineData("OPTIONS")]
    public async Task A_safe_method_invalidates_neither_its_URL_nor_a_group(string method)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a", also: static context => context.Response.Headers["Cache-Groups"] = "\"g\"");
            web.MapMethods("/a", [method], static context =>
            {
                context.Response.Headers["Cache-Group-Invalidation"] = "\"g\"";
                return context.Response.WriteAsync("found");
            });
        });
        await app.WarmAsync("/a");
        Assert.Equal("found", (await app.SendAsync(new HttpMethod(method), "/a")).Body);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("Get")]
    [InlineData("head")]
    [InlineData("gET")]
    public async Task A_method_in_another_letter_case_is_neither_stored_nor_answered_from_the_cache(string method)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/a").CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1))));
        Assert.Contains("fwd=method", await RawAsync(app, $"{method} /a HTTP/1.1"), StringComparison.Ordinal);
        Assert.False((await app.GetAsync("/a")).IsHit);
        Assert.True((await app.GetAsync("/a")).IsHit);
        Assert.Contains("fwd=method", await RawAsync(app, $"{method} /a HTTP/1.1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upgrade", null)]
    [InlineData("Upgrade, HTTP2-Settings", "h2c")]
    [InlineData("keep-alive, Upgrade", "TLS/1.0, HTTP/2.0")]
    [InlineData("keep-alive", "websocket")]
    [InlineData("upgrade", "")]
    public async Task A_GET_that_does_not_ask_for_a_WebSocket_is_answered_from_the_cache(string connection, string? upgrade)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/a"));
        var fields = upgrade is null ? $"Connection: {connection}, close" : $"Connection: {connection}, close\r\nUpgrade: {upgrade}";
        Assert.Contains("; stored", await RawAsync(app, "GET /a HTTP/1.1", fields), StringComparison.Ordinal);
        Assert.Contains("; hit", await RawAsync(app, "GET /a HTTP/1.1", fields), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upgrade", "websocket")]
    [InlineData("keep-alive, upgrade", "WebSocket")]
    [InlineData("upgrade", "h2c, websocket")]
    public async Task A_GET_that_asks_for_a_WebSocket_goes_to_the_application(string connection, string upgrade)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/a"));
        await app.WarmAsync("/a");
        var answer = await RawAsync(app, "GET /a HTTP/1.1", $"Connection: {connection}, close\r\nUpgrade: {upgrade}");
        Assert.Contains("fwd=bypass", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_answers_101_to_another_protocol_gets_its_connection()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapGet("/a", static async (HttpContext context) =>
            {
                await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
                await stream.WriteAsync("hello in another protocol"u8.ToArray(), context.RequestAborted);
            }).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1))));
        for (var i = 0; i < 2; i++)
        {
            var answer = await RawAsync(app, "GET /a HTTP/1.1", "Connection: upgrade\r\nUpgrade: other/1");
            Assert.StartsWith("HTTP/1.1 101", answer, StringComparison.Ordinal);
            Assert.EndsWith("hello in another protocol", answer, StringComparison.Ordinal);
        }
    }

    /// <summary>As it is, over a connection of its own; the answer as it came.</summary>
    private static async Task<string> RawAsync(CachedApp app, string requestLine, string fields = "Connection: close")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var asked = $"{requestLine}\r\nHost: app.example\r\n{fields}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(asked), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
