using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A request whose response is not stored leaves nothing in Redis, and an eviction meanwhile is final all the same.</summary>
public sealed class UnstoredResponseTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("/missing/")]
    [InlineData("/private/")]
    [InlineData("/tagged/")]
    public async Task Random_URLs_whose_responses_are_not_stored_leave_no_keys(string path)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapGet("/private/{id}", static (HttpContext context) => context.Response.Headers.CacheControl = "private");
            web.MapGet("/tagged/{id}", [RedisResponseCache(Duration = 60, Tags = ["item:{id}"])] () => Results.NotFound());
        });
        for (var i = 0; i < 100; i++)
            Assert.False((await app.GetAsync($"{path}{Guid.NewGuid()}?q={i}")).WasStored);

        // A lock is released after the response.
        await Eventually.True(
            async () => (await KeysAsync(app)).Length <= 2, TimeSpan.FromSeconds(30), "at most the keys of everything and the guard");
        Assert.All(await KeysAsync(app), key => Assert.Contains("tag:http:*", key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("evict")]
    [InlineData("post")]
    [InlineData("mark")]
    [InlineData("tag")]
    [InlineData("other name")]
    public async Task A_first_response_made_across_an_eviction_is_not_served_afterwards(string how)
    {
        await using var one = await Node.StartAsync(fixture.Server, "one", prefix: null);
        await using var other = await Node.StartAsync(fixture.Server, "other", one.App.Prefix);
        other.Gate.Open();
        var first = one.App.GetAsync("/page/1");
        await one.IsCalledAsync(times: 1);

        await EvictAsync(other.App, how);
        one.Gate.Open();

        Assert.Equal("page 1 of one", (await first).Body);
        Assert.Equal("page 1 of other", (await other.App.GetAsync("/page/1")).Body);
        Assert.NotEqual("page 1 of one", (await one.App.GetAsync("/page/1")).Body);
    }

    [Fact]
    public async Task After_evictions_of_other_URLs_during_the_first_two_requests_the_second_response_is_stored()
    {
        await using var node = await Node.StartAsync(fixture.Server, "one", prefix: null);
        for (var request = 1; request <= 2; request++)
        {
            node.Gate.Close();
            var answer = node.App.GetAsync("/page/1");
            await node.IsCalledAsync(request);
            await node.App.Control.EvictAsync("/page/2", TestContext.Current.CancellationToken);
            node.Gate.Open();
            await answer;
        }

        Assert.Equal((true, "page 2 of one"), await node.App.GetAsync("/page/1") is var hit ? (hit.IsHit, hit.Body) : default);
    }

    private static async Task EvictAsync(CachedApp app, string how)
    {
        var token = TestContext.Current.CancellationToken;
        await (how switch
        {
            "evict" => app.Control.EvictAsync("/page/1", token).AsTask(),
            "mark" => app.Control.MarkStaleAsync("/page/1", token).AsTask(),
            "tag" => app.Control.EvictByTagAsync("page:1", token).AsTask(),
            "other name" => app.Control.EvictAsync("/PAGE/1/", token).AsTask(),
            _ => app.SendAsync(HttpMethod.Post, "/page/1"),
        });
    }

    private Task<string[]> KeysAsync(CachedApp app) => fixture.Server.KeysAsync(app.Prefix);

    /// <summary>A node whose page waits for its gate, closed at first.</summary>
    private sealed record Node(CachedApp App, Gate Gate) : IAsyncDisposable
    {
        public static async Task<Node> StartAsync(RedisServer server, string name, string? prefix)
        {
            var gate = new Gate();
            gate.Close();
            var app = await CachedApp.StartAsync(server, web => Map(web, name, gate), new AppSetup { Prefix = prefix });
            return new Node(app, gate);
        }

        public Task IsCalledAsync(int times) => Eventually.True(
            () => App.Services.GetRequiredService<PageCounter>().Made == times, TimeSpan.FromSeconds(30), $"{times} origin calls");

        public ValueTask DisposeAsync() => App.DisposeAsync();

        private static void Map(WebApplication web, string name, Gate gate)
        {
            web.MapGet("/page/{id}", [RedisResponseCache(Duration = 60, Tags = ["page:{id}"])] async (
                PageCounter pages, HttpContext context) =>
            {
                var page = pages.Next();
                await gate.PassAsync(context.RequestAborted);
                return $"{page} of {name}";
            });
            web.MapPost("/page/{id}", static () => Results.Ok());
        }
    }
}
