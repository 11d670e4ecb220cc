using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Tracking;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>Stored responses that are kept in the process: hits without Redis, until Redis says that something they hang on has changed.</summary>
public sealed class NearResponseTests : IAsyncLifetime
{
    private readonly List<CachedApp> _apps = [];
    private RedisServer? _server;

    private RedisServer Server => _server!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public enum By
    {
        Url,
        Tag,
        LateTag,
        Everything,
        RawDelOfUrl,
        RawDelOfTag,
        RawDelOfResponse,
        Flush,
    }

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();

        await Server.DisposeAsync();
    }

    [Fact]
    public async Task A_hit_of_a_copy_says_so_and_asks_redis_nothing()
    {
        var app = await StartAsync();
        await WarmAsync(app, "/pages/1");
        await using var log = await Server.MonitorAsync();
        for (var i = 0; i < 50; i++)
        {
            var hit = await app.GetAsync("/pages/1");
            Assert.Equal("page 1", hit.Body);
            Assert.Matches("^RedisExpiryCache; hit; ttl=[0-9]+; detail=near$", hit.CacheStatus);
            Assert.NotNull(hit["Age"]);
        }

        await log.CatchUpAsync();
        Assert.DoesNotContain(log.ClientLines, static line => line.Text.Contains("/pages/1", StringComparison.Ordinal) || line.Text.Contains("tag:http", StringComparison.Ordinal));
        await app.CountedAsync(1 + 50, "response.requests", ("outcome", "hit"), ("level", "near"));
    }

    [Theory]
    [InlineData(By.Url)]
    [InlineData(By.Tag)]
    [InlineData(By.LateTag)]
    [InlineData(By.Everything)]
    [InlineData(By.RawDelOfUrl)]
    [InlineData(By.RawDelOfTag)]
    [InlineData(By.RawDelOfResponse)]
    [InlineData(By.Flush)]
    public async Task What_is_evicted_is_gone_from_all_processes(By by)
    {
        CachedApp[] apps = [await StartAsync(), await StartAsync(), await StartAsync()];
        foreach (var app in apps)
            await WarmAsync(app, "/pages/1");

        await EvictAsync(apps[0], by);
        foreach (var app in apps)
            await Eventually.True(async () => (await app.GetAsync("/pages/1")).Body == "page 2", NearNode.Deadline, "the new page");
    }

    [Theory]
    [InlineData(By.Url)]
    [InlineData(By.Tag)]
    [InlineData(By.LateTag)]
    [InlineData(By.Everything)]
    public async Task Where_the_eviction_was_made_it_counts_at_once(By by)
    {
        var app = await StartAsync();
        for (var i = 1; i < 30; i++)
        {
            Assert.Equal($"page {i}", (await app.GetAsync("/pages/1")).Body);
            Assert.Equal($"page {i}", (await app.GetAsync("/pages/1")).Body);
            await EvictAsync(app, by);
        }
    }

    [Fact]
    public async Task What_is_marked_stale_is_made_anew_by_one_of_them()
    {
        CachedApp[] apps = [await StartAsync(), await StartAsync()];
        foreach (var app in apps)
            await WarmAsync(app, "/pages/1");

        await apps[0].Control.MarkStaleByTagAsync("page:1", Token);
        foreach (var app in apps)
            await Eventually.True(async () => (await app.GetAsync("/pages/1")).Body == "page 2", NearNode.Deadline, "the new page");
    }

    [Fact]
    public async Task Variants_are_told_apart_and_parts_and_validations_are_served_from_copies()
    {
        var app = await StartAsync();
        foreach (var language in new[] { "de", "en" })
            await WarmAsync(app, "/hello", ("Accept-Language", language));

        var german = await app.GetAsync("/hello", ("Accept-Language", "de"));
        var english = await app.GetAsync("/hello", ("Accept-Language", "en"));
        Assert.Equal(("hello de", "hello en"), (german.Body, english.Body));
        Assert.EndsWith("detail=near", german.CacheStatus, StringComparison.Ordinal);

        var part = await app.GetAsync("/hello", ("Accept-Language", "de"), ("Range", "bytes=6-7"));
        Assert.Equal("de", part.Body);
        var unchanged = await app.GetAsync("/hello", ("Accept-Language", "de"), ("If-None-Match", german["ETag"]!));
        Assert.Equal(304, (int)unchanged.Status);
        Assert.EndsWith("detail=near", unchanged.CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_in_content_codings_are_near_too()
    {
        var app = await StartAsync(static options => options.ResponseCaching.ContentCodings = ["br"]);
        await Eventually.True(
            async () => await app.GetAsync("/long", ("Accept-Encoding", "br")) is { } answer && answer["Content-Encoding"] == "br" && answer.CacheStatus.EndsWith("detail=near", StringComparison.Ordinal),
            NearNode.Deadline,
            "a near hit in br");
        await app.GetAsync("/long", ("Accept-Encoding", "br"));
        await using var log = await Server.MonitorAsync();
        Assert.Equal("br", (await app.GetAsync("/long", ("Accept-Encoding", "br")))["Content-Encoding"]);
        await log.CatchUpAsync();
        Assert.DoesNotContain(log.ClientLines, static line => line.Text.Contains("/long", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_that_slides_lives_as_long_as_it_is_read()
    {
        var app = await StartAsync();
        await app.GetAsync("/sliding");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(5))
        {
            Assert.Equal("page 1", (await app.GetAsync("/sliding")).Body);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        await Eventually.True(async () => (await Server.KeysAsync($"{app.Prefix}GET:/sliding#")).Length == 0, NearNode.Deadline, "the page to end");
        Assert.Equal("page 2", (await app.GetAsync("/sliding")).Body);
    }

    [Fact]
    public async Task The_memory_stays_under_its_limit_however_much_is_offered()
    {
        const long Limit = 1024 * 1024;
        var app = await StartAsync(static options => options.NearCache.SizeLimit = Limit);
        var copies = app.Services.GetRequiredService<RedisExpiringCache>().Connection.Near!;
        for (var i = 0; i < 400; i++)
        {
            await app.GetAsync($"/large/{i}");
            await app.GetAsync($"/large/{i}");
            Assert.InRange(copies.Size, 0, Limit);
        }

        // It still works: what was used last is here.
        await WarmAsync(app, "/large/399");
    }

    private static async Task WarmAsync(CachedApp app, string path, params (string, string)[] fields) => await Eventually.True(
        async () => (await app.GetAsync(path, fields)).CacheStatus.EndsWith("detail=near", StringComparison.Ordinal), NearNode.Deadline, $"a near hit of {path}");

    private async Task<CachedApp> StartAsync(Action<RedisExpiringCacheOptions>? configure = null)
    {
        var counter = _apps.Count > 0 ? _apps[0].Services.GetRequiredService<PageCounter>() : null;
        var app = await CachedApp.StartAsync(
            Server,
            static web =>
            {
                web.MapGet("/pages/{id}", static (HttpContext context, PageCounter pages) =>
                {
                    context.Features.GetRequiredFeature<IResponseCacheFeature>().AddTags("late");
                    return pages.Next();
                }).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(5)).Tag("page:{id}"));
                web.MapGet("/hello", static (HttpContext context) => $"hello {context.Request.Headers.AcceptLanguage}")
                    .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(5)).VaryByHeader("Accept-Language"));
                web.MapGet("/long", static () => new string('x', 20_000)).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(5)));
                web.MapGet("/large/{id}", static (int id) => $"{id}{new string('x', 25_000)}").CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(5)));
                web.MapGet("/sliding", static (PageCounter pages) => pages.Next()).CacheResponse(static policy => policy.Slide(TimeSpan.FromSeconds(2)));
            },
            new AppSetup
            {
                Prefix = "app:",
                Options = options =>
                {
                    options.NearCache.Enabled = true;
                    configure?.Invoke(options);
                },
                Services = services =>
                {
                    if (counter is not null)
                        services.AddSingleton(counter);
                },
            });
        _apps.Add(app);
        var feed = app.Services.GetRequiredService<RedisExpiringCache>().Connection.Feed!;
        await Eventually.True(() => feed.DisabledReason is null, NearNode.Deadline, "the near cache to be on");
        return app;
    }

    private async Task EvictAsync(CachedApp app, By by)
    {
        switch (by)
        {
            case By.Url:
                await app.Control.EvictAsync("/pages/1", Token);
                break;
            case By.Tag:
                await app.Control.EvictByTagAsync("page:1", Token);
                break;
            case By.LateTag:
                await app.Control.EvictByTagAsync("late", Token);
                break;
            case By.Everything:
                await app.Control.EvictAllAsync(Token);
                break;
            case By.RawDelOfUrl:
                await Server.Raw.KeyDeleteAsync("app:GET:/pages/1");
                break;
            case By.RawDelOfTag:
                await Server.Raw.KeyDeleteAsync("app:tag:http:page:1");
                break;
            case By.RawDelOfResponse:
                await Server.Raw.KeyDeleteAsync([.. (await Server.KeysAsync("app:GET:/pages/1#")).Select(static key => (StackExchange.Redis.RedisKey)key)]);
                break;
            case By.Flush:
                await Server.Raw.ExecuteAsync("FLUSHALL");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(by));
        }
    }
}
