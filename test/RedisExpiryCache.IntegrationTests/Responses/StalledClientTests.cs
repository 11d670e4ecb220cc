using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A client that does not read its answer delays no other request.</summary>
public sealed class StalledClientTests(RedisFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private int calls;
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
    [InlineData("/PAGE")]
    [InlineData("/page/")]
    [InlineData("/page")]
    public async Task A_stored_page_stays_a_hit_while_a_client_does_not_read_an_answer_of_the_same_URL(string spelling)
    {
        await using var app = await StartAsync(HttpProtocols.Http2);
        await app.WarmAsync("/page");
        if (spelling == "/page")
            await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);

        using var stalled = await StallAsync(app, HttpProtocols.Http2, spelling);
        await app.CountedAsync(2, "response.stores", ("outcome", "stored"));
        for (var i = 0; i < 50; i++)
            Assert.True((await app.GetAsync("/page")).IsHit);
    }

    private async Task<StalledClient> StallAsync(CachedApp app, HttpProtocols protocols, string path)
    {
        var before = calls;
        var client = await (protocols == HttpProtocols.Http2
            ? StalledClient.GetHttp2Async(app.Address, path)
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
        });

    private async Task ServeAsync(HttpContext context, bool hasLength)
    {
        Interlocked.Increment(ref calls);
        context.Response.Headers.CacheControl = "max-age=60";
        context.Response.ContentLength = hasLength ? length : null;
        var chunk = new byte[hasLength ? length : 1_000_000];
        for (var sent = 0; sent < length; sent += chunk.Length)
            await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
    }
}
