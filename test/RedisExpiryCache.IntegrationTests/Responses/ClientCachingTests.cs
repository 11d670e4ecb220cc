using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What clients and caches in front may do with a response of a policy, and so whether an eviction reaches them.</summary>
public sealed class ClientCachingTests(RedisFixture fixture)
{
    private const string Revalidate = "public, max-age=0, must-revalidate";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly AppSetup Named = new()
    {
        Options = static options => options.ResponseCaching.AddPolicy("named", static policy => policy.Expire(Minute)),
    };

    [Theory]
    [InlineData("/attribute", Revalidate)]
    [InlineData("/convention", Revalidate)]
    [InlineData("/named", Revalidate)]
    [InlineData("/sliding", Revalidate)]
    [InlineData("/zero", Revalidate)]
    [InlineData("/half-second", Revalidate)]
    [InlineData("/kept", "public, max-age=30")]
    [InlineData("/user", "private, max-age=0, must-revalidate")]
    [InlineData("/user-kept", "private, max-age=30")]
    [InlineData("/own", "max-age=10")]
    [InlineData("/cdn", Revalidate)]
    [InlineData("/expires", null)]
    [InlineData("/user-expires", "private")]
    public async Task Policy_has_clients_revalidate_unless_it_or_the_response_says_otherwise(string path, string? cacheControl)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, MapPages, Named);
        var miss = await app.GetAsync(path);
        var hit = await app.GetAsync(path);

        Assert.Equal((true, true), (miss.WasStored, hit.IsHit));
        Assert.Equal((cacheControl, cacheControl), (miss["Cache-Control"], hit["Cache-Control"]));
    }

    [Fact]
    public async Task Browser_gets_304_at_a_reload_and_the_new_price_after_an_eviction()
    {
        var price = 10;
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.MapGet("/products/7", () => price.ToString(CultureInfo.InvariantCulture)).CacheResponse(static policy => policy.Expire(Minute).Tag("product"));
                web.MapPost("/products/7", () => ++price).EvictCachedResponses(tags: ["product"]);
            },
            new AppSetup { IsOnDefaults = true });
        var browser = new Browser(app);

        Assert.Equal(("10", "fwd=uri-miss; stored"), await browser.ClickAsync("/products/7"));
        Assert.Equal(("10", "hit"), await browser.ClickAsync("/products/7"));
        Assert.Equal(("10", "hit 304"), await browser.ClickAsync("/products/7"));
        await app.SendAsync(HttpMethod.Post, "/products/7");
        Assert.Equal(("11", "fwd=uri-miss; stored"), await browser.ClickAsync("/products/7"));
        Assert.Equal(("11", "hit"), await browser.ClickAsync("/products/7"));
        Assert.Equal(("11", "hit 304"), await browser.ClickAsync("/products/7"));
    }

    [Fact]
    public async Task Cache_in_front_revalidates_at_each_request_and_sees_an_eviction()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, MapPages, Named);
        await using var edge = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/{**path}", context => ForwardAsync(context, app)));
        await app.WarmAsync("/attribute");

        Assert.Equal("page 1", (await edge.GetAsync("/attribute")).Body);
        var again = await edge.GetAsync("/attribute");
        Assert.Equal("page 1", again.Body);
        Assert.Contains("fwd=stale; fwd-status=304", again.CacheStatus, StringComparison.Ordinal);
        await app.Control.EvictAsync("/attribute", TestContext.Current.CancellationToken);
        Assert.Equal("page 2", (await edge.GetAsync("/attribute")).Body);
    }

    private static void MapPages(WebApplication web)
    {
        web.MapPage("/attribute", new RedisResponseCacheAttribute { Duration = 60 });
        web.MapPage("/convention", cacheControl: null).CacheResponse(static policy => policy.Expire(Minute));
        web.MapPage("/named", cacheControl: null).CacheResponse("named");
        web.MapPage("/sliding", new RedisResponseCacheAttribute { SlidingDuration = 60 });
        web.MapPage("/zero", new RedisResponseCacheAttribute { Duration = 60, ClientDuration = 0 });
        web.MapPage("/half-second", cacheControl: null).CacheResponse(static policy => policy.Expire(Minute).ClientExpire(TimeSpan.FromSeconds(0.5)));
        web.MapPage("/kept", new RedisResponseCacheAttribute { Duration = 60, ClientDuration = 30 });
        web.MapPage("/user", new RedisResponseCacheAttribute { Duration = 60, VaryByUser = true });
        web.MapPage("/user-kept", new RedisResponseCacheAttribute { Duration = 60, VaryByUser = true, ClientDuration = 30 });
        web.MapPage("/own", "max-age=10").CacheResponse(static policy => policy.Expire(Minute));
        web.MapPage(
            "/cdn", new RedisResponseCacheAttribute { Duration = 60 }, static context => context.Response.Headers["CDN-Cache-Control"] = "max-age=5");
        web.MapPage("/expires", new RedisResponseCacheAttribute { Duration = 60 }, ExpireLater);
        web.MapPage("/user-expires", new RedisResponseCacheAttribute { Duration = 60, VaryByUser = true }, ExpireLater);
    }

    private static void ExpireLater(HttpContext context) => context.Response.Headers.Expires = "Sun, 06 Nov 2094 08:49:37 GMT";

    private static async Task ForwardAsync(HttpContext context, CachedApp app)
    {
        (string, string)[] conditions = context.Request.Headers.IfNoneMatch is [{ } tag] ? [("If-None-Match", tag)] : [];
        var answer = await app.GetAsync(context.Request.Path, conditions);
        context.Response.StatusCode = (int)answer.Status;
        foreach (var name in (string[])["Cache-Control", "ETag", "Age", "Date"])
            context.Response.Headers[name] = answer[name];

        await context.Response.WriteAsync(answer.Body);
    }

    /// <summary>Keeps a page, and revalidates it at each use as the server says.</summary>
    private sealed class Browser(CachedApp app)
    {
        private Answer? kept;

        public async Task<(string Page, string Cache)> ClickAsync(string path)
        {
            var answer = await app.GetAsync(path, kept?["ETag"] is { } tag ? [("Cache-Control", "max-age=0"), ("If-None-Match", tag)] : []);
            Assert.Equal(Revalidate, answer["Cache-Control"]);
            var isNotModified = (int)answer.Status == StatusCodes.Status304NotModified;
            kept = isNotModified ? kept : answer;
            var cache = answer.CacheStatus["RedisExpiryCache; ".Length..].Split("; ttl=")[0];
            return (kept!.Body, isNotModified ? $"{cache} 304" : cache);
        }
    }
}
