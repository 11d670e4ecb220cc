using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class CacheGroupTests(RedisFixture fixture) : CacheGroupContract(fixture);

public sealed class InMemoryCacheGroupTests(InMemoryFixture fixture) : CacheGroupContract(fixture);

/// <summary>RFC 9875: responses name their groups, answers to unsafe requests the groups that no longer hold.</summary>
public abstract class CacheGroupContract(ServerFixture fixture)
{
    private const string Groups = "Cache-Groups", Invalidation = "Cache-Group-Invalidation";

    [Fact]
    public async Task Invalidating_a_group_evicts_its_responses_and_no_others()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a/shop");
        await app.WarmAsync("/b/shop");
        await app.WarmAsync("/c/news");

        await app.SendAsync(HttpMethod.Post, "/change/shop");

        Assert.Equal((false, false, true), (await IsHit(app, "/a/shop"), await IsHit(app, "/b/shop"), await IsHit(app, "/c/news")));
        Assert.True(await IsHit(app, "/a/shop"));
    }

    [Fact]
    public async Task On_every_node_at_once()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync(one.Prefix);
        await one.WarmAsync("/a/shop");
        await other.WarmAsync("/a/shop");

        await one.SendAsync(HttpMethod.Post, "/change/shop");

        Assert.False(await IsHit(other, "/a/shop"));
    }

    [Fact]
    public async Task Another_origins_groups_are_others()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a/shop");

        await app.SendAsync(HttpMethod.Post, "/change/shop", ("Host", "elsewhere.example"));

        Assert.True(await IsHit(app, "/a/shop"));
    }

    [Fact]
    public async Task An_answer_to_a_safe_request_invalidates_nothing()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a/shop");

        Assert.Equal("\"shop\"", (await app.GetAsync("/look/shop"))[Invalidation]);

        Assert.True(await IsHit(app, "/a/shop"));
    }

    [Fact]
    public async Task What_was_being_made_while_its_group_was_invalidated_is_never_served()
    {
        using var inside = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        await using var app = await StartAsync(also: async context =>
        {
            inside.Release();
            await goOn.WaitAsync(context.RequestAborted);
        });
        var slow = app.GetAsync("/slow/shop");
        await inside.WaitAsync(TestContext.Current.CancellationToken);
        await app.SendAsync(HttpMethod.Post, "/change/shop");
        goOn.Release(2);

        var made = (await slow).Body;
        Assert.NotEqual(made, (await app.GetAsync("/slow/shop")).Body);
        await Eventually.True(() => app.Logs.Any(log => log.Message.Contains("not stored: evicted", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "the reason");
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("\"shop")]
    [InlineData("1, 2")]
    [InlineData("")]
    public async Task What_is_no_list_of_strings_names_no_group(string groups)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", also: context => context.Response.Headers[Groups] = groups));

        Assert.Equal(groups, (await app.WarmAsync("/a"))[Groups] ?? "");
    }

    private Task<CachedApp> StartAsync(string? prefix = null, Func<HttpContext, Task>? also = null) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapPage("/a/{group}", also: Name(Groups));
            web.MapPage("/b/{group}", also: Name(Groups));
            web.MapPage("/c/{group}", also: Name(Groups));
            web.MapGet("/slow/{group}", async (HttpContext context) =>
            {
                var page = context.NextPage();
                await (also?.Invoke(context) ?? Task.CompletedTask);
                context.Response.Headers.CacheControl = "max-age=60";
                Name(Groups)(context);
                return page;
            });
            web.MapPost("/change/{group}", (HttpContext context) => Name(Invalidation)(context));
            web.MapGet("/look/{group}", (HttpContext context) => Name(Invalidation)(context));
        },
        new AppSetup { Prefix = prefix });

    private static Action<HttpContext> Name(string field) => context =>
        context.Response.Headers[field] = $"\"{context.Request.RouteValues["group"]}\"";

    private static async Task<bool> IsHit(CachedApp app, string path) => (await app.GetAsync(path)).IsHit;
}
