using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Rewrite;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.ResponseCaching.Keys;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>The first response of a URL, whose generation is created only when it is stored, and evictions while it is being made.</summary>
public sealed class FirstResponseTests(RedisFixture fixture)
{
    private const string WithoutDelete = "without-del";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static TheoryData<string, string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, string, bool>();
            foreach (var isNear in (bool[])[false, true])
            {
                foreach (var how in (string[])["url", "post", "stored post", "mark url", "tag", "mark tag", "all", "other spelling"])
                    ways.Add("/page/1", how, isNear);

                ways.Add("/alias/1", "url", isNear);
                ways.Add("/alias/1", "url as sent", isNear);
            }

            return ways;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_first_response_made_across_an_eviction_by_another_node_is_not_served_afterwards(string path, string how, bool isNear)
    {
        var storesPosts = how == "stored post";
        await using var one = await Node.StartAsync(fixture.Server, "one", isNear: isNear, storesPosts: storesPosts);
        await using var other = await Node.StartAsync(fixture.Server, "other", one.App.Prefix, isNear: isNear, storesPosts: storesPosts);
        other.Gate.Open();
        var first = one.App.GetAsync(path);
        await one.IsCalledAsync(times: 1);

        await EvictAsync(other.App, how);
        one.Gate.Open();

        Assert.Equal("page 1 of one", (await first).Body);
        Assert.Equal("page 1 of other", (await other.App.GetAsync(path)).Body);
        Assert.NotEqual("page 1 of one", (await one.App.GetAsync(path)).Body);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("mark url")]
    [InlineData("tag")]
    [InlineData("all")]
    public async Task A_request_after_an_eviction_does_not_share_a_first_response_from_before(string how)
    {
        await using var node = await Node.StartAsync(fixture.Server, "one");
        var before = node.App.GetAsync("/page/1");
        await node.IsCalledAsync(times: 1);
        await EvictAsync(node.App, how);
        var after = node.App.GetAsync("/page/1");
        await node.IsCalledAsync(times: 2);

        node.Gate.Open();
        Assert.Equal(["page 1 of one", "page 2 of one"], [(await before).Body, (await after).Body]);
    }

    [Fact]
    public async Task Evictions_of_URLs_with_other_guards_do_not_keep_a_first_response_from_being_stored()
    {
        await using var node = await Node.StartAsync(fixture.Server, "one");
        var first = node.App.GetAsync("/page/1");
        await node.IsCalledAsync(times: 1);
        foreach (var other in Enumerable.Range(2, 50).Where(id => !node.ShareGuard(1, id) && !node.SharesTagGuard(1, id)))
            await node.App.Control.EvictAsync($"/page/{other}", Token);

        node.Gate.Open();
        Assert.True((await first).WasStored);
        Assert.True((await node.App.GetAsync("/page/1")).IsHit);
    }

    [Fact]
    public async Task After_evictions_of_a_URL_with_the_same_guard_during_two_requests_the_second_response_is_stored()
    {
        await using var node = await Node.StartAsync(fixture.Server, "one");
        var other = Enumerable.Range(2, 100_000).First(id => node.ShareGuard(1, id));
        for (var request = 1; request <= 2; request++)
        {
            node.Gate.Close();
            var answer = node.App.GetAsync("/page/1");
            await node.IsCalledAsync(request);
            await node.App.Control.EvictAsync($"/page/{other}", Token);
            node.Gate.Open();
            await answer;
        }

        var hit = await node.App.GetAsync("/page/1");
        Assert.Equal((true, "page 2 of one"), (hit.IsHit, hit.Body));
    }

    [Fact]
    public async Task Lost_guards_cost_nothing_that_is_stored()
    {
        await using var node = await Node.StartAsync(fixture.Server, "one");
        node.Gate.Open();
        await node.App.WarmAsync("/page/1");
        var guards = (await fixture.Server.KeysAsync(node.App.Prefix)).Where(static key => key.Contains("tag:guard:", StringComparison.Ordinal));
        Assert.InRange(await fixture.Server.Raw.KeyDeleteAsync([.. guards.Select(static key => (RedisKey)key)]), 1, 2);
        Assert.True((await node.App.GetAsync("/page/1")).IsHit);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    public async Task A_first_response_made_across_an_eviction_that_was_replayed_is_not_served_afterwards(string how)
    {
        await using var server = await StartWithUserAsync();
        await using var one = await Node.StartAsync(server, "one");
        await using var other = await Node.StartAsync(server, "other", one.App.Prefix, WithoutDelete);
        other.Gate.Open();
        var first = one.App.GetAsync("/page/1");
        await one.IsCalledAsync(times: 1);
        await Assert.ThrowsAsync<RedisServerException>(() => EvictAsync(other.App, how));

        await server.Admin.GetServer(server.ConnectionString).ExecuteAsync("ACL", "SETUSER", WithoutDelete, "+del");
        await Eventually.True(() => other.Pending.Count == 0, Deadline, "the eviction to be replayed");
        one.Gate.Open();

        Assert.Equal("page 1 of one", (await first).Body);
        Assert.Equal("page 1 of other", (await other.App.GetAsync("/page/1")).Body);
        Assert.NotEqual("page 1 of one", (await one.App.GetAsync("/page/1")).Body);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    public async Task A_request_after_a_failed_eviction_does_not_share_a_first_response_from_before(string how)
    {
        await using var server = await StartWithUserAsync();
        await using var node = await Node.StartAsync(server, "one", user: WithoutDelete);
        var before = node.App.GetAsync("/page/1");
        await node.IsCalledAsync(times: 1);
        await Assert.ThrowsAsync<RedisServerException>(() => EvictAsync(node.App, how));
        var after = node.App.GetAsync("/page/1");
        await node.IsCalledAsync(times: 2);

        node.Gate.Open();
        Assert.Equal(["page 1 of one", "page 2 of one"], [(await before).Body, (await after).Body]);
    }

    private static async Task<RedisServer> StartWithUserAsync()
    {
        var server = await RedisServer.StartAsync();
        await server.Admin.GetServer(server.ConnectionString).ExecuteAsync(
            "ACL", "SETUSER", WithoutDelete, "on", $">{WithoutDelete}", "~*", "&*", "+@all", "-del");
        return server;
    }

    private static async Task EvictAsync(CachedApp app, string how) => await (how switch
    {
        "url" => app.Control.EvictAsync("/page/1", Token).AsTask(),
        "url as sent" => app.Control.EvictAsync("/alias/1", Token).AsTask(),
        "mark url" => app.Control.MarkStaleAsync("/page/1", Token).AsTask(),
        "tag" => app.Control.EvictByTagAsync("page:1", Token).AsTask(),
        "mark tag" => app.Control.MarkStaleByTagAsync("page:1", Token).AsTask(),
        "all" => app.Control.EvictAllAsync(Token).AsTask(),
        "other spelling" => app.Control.EvictAsync("/PAGE/1/", Token).AsTask(),
        _ => app.SendAsync(HttpMethod.Post, "/page/1"),
    });

    /// <summary>A node whose page waits for its gate, closed at first.</summary>
    private sealed record Node(CachedApp App, Gate Gate) : IAsyncDisposable
    {
        public Tombstones Pending => Connection.Pending;

        private RedisConnection Connection => ((RedisExpiringCache)App.Services.GetRequiredService<IRedisExpiringCache>()).Connection;

        public static async Task<Node> StartAsync(
            RedisServer server, string name, string? prefix = null, string? user = null, bool isNear = false, bool storesPosts = false)
        {
            var gate = new Gate();
            gate.Close();
            var setup = new AppSetup
            {
                Prefix = prefix,
                ConnectionString = user is null ? null : $"{server.ConnectionString},user={user},password={user}",
                Options = options =>
                {
                    // A request that wrongly waits for another does so until the test fails.
                    options.ResponseCaching.CollapseTimeout = TimeSpan.FromMinutes(2);
                    (options.NearCache.Enabled, options.ResponseCaching.StorePostResponses) = (isNear, storesPosts);
                },
                Outside = static web => web.UseRewriter(new RewriteOptions().AddRewrite("^alias/(.*)", "page/$1", skipRemainingRules: true))
                    .UseRouting(),
            };
            var app = await CachedApp.StartAsync(server, web => Map(web, name, gate), setup);
            var node = new Node(app, gate);
            await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
            await Eventually.True(() => node.Connection.Feed?.DisabledReason is null, Deadline, "the near cache to be on");
            return node;
        }

        public bool ShareGuard(int id, int otherId)
        {
            var keys = App.Services.GetRequiredService<ResponseKeys>();
            return keys.GuardOf(keys.UrlOf($"/page/{id}", "")) == keys.GuardOf(keys.UrlOf($"/page/{otherId}", ""));
        }

        /// <summary>Whether a URL has the guard of the other's tag.</summary>
        public bool SharesTagGuard(int id, int otherId)
        {
            var keys = App.Services.GetRequiredService<ResponseKeys>();
            return keys.GuardOf(keys.TagOf($"page:{id}")) == keys.GuardOf(keys.UrlOf($"/page/{otherId}", ""));
        }

        public Task IsCalledAsync(int times) =>
            Eventually.True(() => App.Services.GetRequiredService<PageCounter>().Made == times, Deadline, $"{times} origin calls");

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
