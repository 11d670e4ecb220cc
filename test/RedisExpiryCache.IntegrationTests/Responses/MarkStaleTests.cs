using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class MarkStaleTests(RedisFixture fixture) : MarkStaleContract(fixture);

public sealed class InMemoryMarkStaleTests(InMemoryFixture fixture) : MarkStaleContract(fixture);

/// <summary>Marking stale: clients go on being served while one request in the background makes the response anew.</summary>
public abstract class MarkStaleContract(ServerFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Gate gate = new();
    private int calls;

    public enum By
    {
        Url,
        Tag,
        LateTag,
        Everything,
        Attribute,
        Convention,
    }

    [Theory]
    [InlineData(By.Url)]
    [InlineData(By.Tag)]
    [InlineData(By.LateTag)]
    [InlineData(By.Everything)]
    [InlineData(By.Attribute)]
    [InlineData(By.Convention)]
    public async Task What_is_marked_stale_is_served_as_stale_and_made_anew_behind_it(By by)
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/pages/1");
        gate.Close();
        await MarkAsync(app, by);

        for (var i = 0; i < 3; i++)
        {
            var stale = await app.GetAsync("/pages/1");
            Assert.Equal("page 1", stale.Body);
            Assert.StartsWith("RedisExpiryCache; hit; ttl=", stale.CacheStatus, StringComparison.Ordinal);
            Assert.DoesNotContain("ttl=5", stale.CacheStatus, StringComparison.Ordinal);
        }

        gate.Open();
        await HitAsync(app, "/pages/1", "page 2");
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Other_nodes_see_the_mark_at_once_and_make_it_anew_once_together()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync(one.Prefix);
        await one.WarmAsync("/pages/1");
        await other.WarmAsync("/pages/1");
        gate.Close();
        await one.Control.MarkStaleByTagAsync("page:1", TestContext.Current.CancellationToken);
        Assert.Equal("page 1", (await other.GetAsync("/pages/1")).Body);
        Assert.Equal("page 1", (await one.GetAsync("/pages/1")).Body);
        gate.Open();

        await HitAsync(one, "/pages/1", "page 2");
        await HitAsync(other, "/pages/1", "page 2");
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task All_variants_of_a_URL_are_marked_and_each_is_made_anew()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/languages", ("Accept-Language", "de"));
        await app.WarmAsync("/languages", ("Accept-Language", "en"));
        await app.Control.MarkStaleAsync("/languages", TestContext.Current.CancellationToken);

        Assert.Equal("page 1 de", (await app.GetAsync("/languages", ("Accept-Language", "de"))).Body);
        await HitAsync(app, "/languages", "page 3 de", ("Accept-Language", "de"));
        Assert.Equal("page 2 en", (await app.GetAsync("/languages", ("Accept-Language", "en"))).Body);
        await HitAsync(app, "/languages", "page 4 en", ("Accept-Language", "en"));
    }

    [Fact]
    public async Task Marked_again_and_again_it_is_still_served()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/pages/1");
        for (var i = 0; i < 4; i++)
            await app.Control.MarkStaleAsync("/pages/1", TestContext.Current.CancellationToken);

        Assert.Equal("page 1", (await app.GetAsync("/pages/1")).Body);
        await HitAsync(app, "/pages/1", "page 2");
    }

    [Fact]
    public async Task What_forbids_being_served_stale_is_asked_for_in_front_of_the_client()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/strict");
        await app.Control.MarkStaleAsync("/strict", TestContext.Current.CancellationToken);
        Assert.Equal("page 2", (await app.GetAsync("/strict")).Body);
    }

    [Fact]
    public async Task An_eviction_after_the_mark_evicts()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/pages/1");
        await app.Control.MarkStaleAsync("/pages/1", TestContext.Current.CancellationToken);
        await app.Control.EvictAsync("/pages/1", TestContext.Current.CancellationToken);
        Assert.Equal("page 2", (await app.GetAsync("/pages/1")).Body);

        await app.Control.MarkStaleByTagAsync("page:1", TestContext.Current.CancellationToken);
        await app.Control.EvictByTagAsync("page:1", TestContext.Current.CancellationToken);
        Assert.Equal("page 3", (await app.GetAsync("/pages/1")).Body);
    }

    [Theory]
    [InlineData(By.Url)]
    [InlineData(By.Tag)]
    [InlineData(By.LateTag)]
    public async Task What_was_being_made_meanwhile_counts_as_stale_too(By by)
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/pages/2");
        gate.Close();
        var made = app.GetAsync("/pages/1");
        await Eventually.True(() => calls == 2, Deadline, "the app to be asked");
        await MarkAsync(app, by);
        gate.Open();
        await made;

        await HitAsync(app, "/pages/1", "page 3");
    }

    [Fact]
    public async Task An_app_that_says_that_nothing_has_changed_makes_it_fresh_again()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/tagged");
        await app.Control.MarkStaleByTagAsync("late", TestContext.Current.CancellationToken);
        Assert.Equal("page 1", (await app.GetAsync("/tagged")).Body);

        await Eventually.True(async () => (await app.GetAsync("/tagged")).CacheStatus is "RedisExpiryCache; hit; ttl=60" or "RedisExpiryCache; hit; ttl=59", Deadline, "a fresh hit");
        Assert.Equal("page 1", (await app.GetAsync("/tagged")).Body);
    }

    [Fact]
    public async Task What_was_never_stored_may_be_marked()
    {
        await using var app = await StartAsync();
        await app.Control.MarkStaleAsync("/pages/1", TestContext.Current.CancellationToken);
        await app.Control.MarkStaleByTagAsync("nobody has it", TestContext.Current.CancellationToken);
        await app.Control.MarkAllStaleAsync(TestContext.Current.CancellationToken);
        await app.WarmAsync("/pages/1");
    }

    [Fact]
    public async Task A_mark_is_counted_and_its_key_keeps_its_time_to_live()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/pages/1");
        await app.Control.MarkStaleByTagAsync("page:1", TestContext.Current.CancellationToken);
        await app.CountedAsync(1, "response.evictions", ("named", "tag"), ("outcome", "marked-stale"));
        foreach (var key in await fixture.Server.KeysAsync(app.Prefix))
            Assert.NotNull(await fixture.Server.Raw.KeyTimeToLiveAsync(key));
    }

    [Fact]
    public async Task Nonsense_is_refused_by_name()
    {
        await using var app = await StartAsync();
        var token = TestContext.Current.CancellationToken;
        Assert.Contains("slash", (await Assert.ThrowsAsync<ArgumentException>(() => app.Control.MarkStaleAsync("pages/1", token).AsTask())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentNullException>(() => app.Control.MarkStaleAsync(null!, token).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => app.Control.MarkStaleByTagAsync(null!, token).AsTask());
    }

    private Task<CachedApp> StartAsync(string? prefix = null) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/pages/{id}", [RedisResponseCache(Duration = 60, Tags = ["page:{id}"])] async Task<string> (HttpContext context) =>
            {
                context.Features.Get<IResponseCacheFeature>()!.AddTags("late");
                return await Make(context);
            });
            web.MapGet("/strict", async Task<string> (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60, must-revalidate";
                return await Make(context);
            });
            web.MapGet("/languages", async Task<string> (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.Headers.Vary = "Accept-Language";
                return $"{await Make(context)} {context.Request.Headers.AcceptLanguage}";
            });
            web.MapGet("/tagged", [RedisResponseCache(Duration = 60)] async Task<IResult> (HttpContext context) =>
            {
                context.Features.Get<IResponseCacheFeature>()!.AddTags("late");
                context.Response.Headers.ETag = "\"one\"";
                return context.Request.Headers.IfNoneMatch == "\"one\"" ? Results.StatusCode(304) : Results.Text(await Make(context));
            });
            web.MapPost("/attribute/{id}", [RedisResponseCacheEvict(Tags = ["page:{id}"], MarkStale = true)] () => "done");
            web.MapPost("/convention/{id}", () => "done").EvictCachedResponses(paths: ["/pages/{id}"], markStale: true);
        },
        new AppSetup { Prefix = prefix });

    private static async Task MarkAsync(CachedApp app, By by)
    {
        var token = TestContext.Current.CancellationToken;
        switch (by)
        {
            case By.Url:
                await app.Control.MarkStaleAsync("/pages/1", token);
                break;
            case By.Tag:
                await app.Control.MarkStaleByTagAsync("page:1", token);
                break;
            case By.LateTag:
                await app.Control.MarkStaleByTagAsync("late", token);
                break;
            case By.Everything:
                await app.Control.MarkAllStaleAsync(token);
                break;
            case By.Attribute:
                await app.SendAsync(HttpMethod.Post, "/attribute/1");
                break;
            default:
                await app.SendAsync(HttpMethod.Post, "/convention/1");
                break;
        }
    }

    private async Task<string> Make(HttpContext context)
    {
        var number = Interlocked.Increment(ref calls);
        await gate.PassAsync(context.RequestAborted);
        return $"page {number}";
    }

    private static Task HitAsync(CachedApp app, string path, string body, params (string Name, string Value)[] fields) => Eventually.True(
        async () => await app.GetAsync(path, fields) is { IsHit: true } answer && answer.Body == body, Deadline, $"a hit with {body}");
}
