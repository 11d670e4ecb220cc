using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A client that does not read its answer delays no other request.</summary>
public sealed class StalledClientTests(RedisFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private int calls;
    private int returned;
    private int length = 1_000_000;

    [Theory]
    [InlineData(HttpProtocols.Http2, 1_000_000)]
    [InlineData(HttpProtocols.Http1, 16_000_000)]
    public async Task Followers_of_a_leader_whose_client_does_not_read_share_its_response(HttpProtocols protocols, int bodyLength)
    {
        length = bodyLength;
        await using var app = await StartAsync(protocols);
        using var leader = await StallAsync(app, protocols, "/page");

        Assert.All(await Task.WhenAll(Crowds.Send(app, "/page")), static answer => Assert.Equal(200, (int)answer.Status));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData(HttpProtocols.Http2, 1_000_000)]
    [InlineData(HttpProtocols.Http1, 16_000_000)]
    public async Task A_response_is_stored_when_its_last_byte_is_captured_though_its_client_does_not_read(
        HttpProtocols protocols, int bodyLength)
    {
        length = bodyLength;
        await using var app = await StartAsync(protocols);
        using var leader = await StallAsync(app, protocols, "/page");

        await Eventually.True(
            () => app.Metrics.Count("response.stores", ("outcome", "stored")) == 1, Deadline, "the response to be stored");
        Assert.True((await app.GetAsync("/page")).IsHit);
    }

    [Theory]
    [InlineData(HttpProtocols.Http2)]
    [InlineData(HttpProtocols.Http1)]
    public async Task Followers_of_a_leader_of_unknown_length_whose_client_does_not_read_call_the_origin_in_groups(HttpProtocols protocols)
    {
        length = 16_000_000;
        await using var app = await StartAsync(protocols);
        using var leader = await StallAsync(app, protocols, "/chunked");

        Assert.All(await Task.WhenAll(Crowds.Send(app, "/chunked")), answer => Assert.Equal(length, answer.Bytes.Length));
        Assert.InRange(calls, 2, 8);
    }

    [Theory]
    [InlineData("/PAGE?a=1&b=2")]
    [InlineData("/page/?a=1&b=2")]
    [InlineData("/page?b=2&a=1")]
    [InlineData("/page?a=1&b=2", "accept-language", "de")]
    public async Task A_stored_page_stays_a_hit_while_a_client_does_not_read_another_spelling_or_variant(string path, params string[] field)
    {
        await using var app = await StartAsync(HttpProtocols.Http2);
        await app.WarmAsync("/page?a=1&b=2");
        var returnedBefore = returned;
        using var stalled = await StallAsync(app, HttpProtocols.Http2, path, field is [var name, var value] ? [(name, value)] : []);
        await app.CountedAsync(2, "response.stores", ("outcome", "stored"));
        for (var i = 0; i < 50; i++)
            Assert.True((await app.GetAsync("/page?a=1&b=2")).IsHit);

        // The application is still inside of the write that the client does not read.
        Assert.Equal((2, returnedBefore), (calls, returned));
    }

    [Fact]
    public async Task An_evicted_page_is_stored_again_and_a_hit_while_the_client_that_caused_it_does_not_read()
    {
        await using var app = await StartAsync(HttpProtocols.Http2);
        await app.WarmAsync("/page");
        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        using var stalled = await StallAsync(app, HttpProtocols.Http2, "/page");
        await app.CountedAsync(2, "response.stores", ("outcome", "stored"));
        for (var i = 0; i < 50; i++)
            Assert.True((await app.GetAsync("/page")).IsHit);

        Assert.Equal(2, calls);
    }

    private async Task<StalledClient> StallAsync(
        CachedApp app, HttpProtocols protocols, string path, params (string Name, string Value)[] fields)
    {
        var before = calls;
        var client = await (protocols == HttpProtocols.Http2
            ? StalledClient.GetHttp2Async(app.Address, path, fields)
            : StalledClient.GetAsync(app.Address, path));
        await Eventually.True(() => Volatile.Read(ref calls) > before, Deadline, "the origin to be called");
        return client;
    }

    private Task<CachedApp> StartAsync(HttpProtocols protocols) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/page", context => ServeAsync(context, hasLength: true));
            web.MapGet("/chunked", context => ServeAsync(context, hasLength: false));
        },
        new AppSetup
        {
            Options = static options => options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(8),
            Protocols = protocols,

            // The server would cut off a client that does not read, and with it end the state that is tested.
            Services = static services => services.Configure<KestrelServerOptions>(
                static kestrel => kestrel.Limits.MinResponseDataRate = null),
        });

    private async Task ServeAsync(HttpContext context, bool hasLength)
    {
        Interlocked.Increment(ref calls);
        (context.Response.Headers.CacheControl, context.Response.Headers.Vary) = ("max-age=60", "Accept-Language");
        context.Response.ContentLength = hasLength ? length : null;
        var chunk = new byte[hasLength ? length : 1_000_000];
        for (var sent = 0; sent < length; sent += chunk.Length)
            await context.Response.Body.WriteAsync(chunk, context.RequestAborted);

        Interlocked.Increment(ref returned);
    }
}
