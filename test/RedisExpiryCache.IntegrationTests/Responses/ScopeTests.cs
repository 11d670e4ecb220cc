using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>ResponseCaching.Scope: which requests are looked up, and which responses are stored.</summary>
public sealed class ScopeTests(RedisFixture fixture)
{
    private const string Unmarked = "RedisExpiryCache; fwd=bypass; detail=unmarked";
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData(null)]
    [InlineData("max-age=60")]
    [InlineData("private, max-age=60")]
    [InlineData("public, no-store, max-age=60")]
    [InlineData("public")]
    [InlineData("public, max-age=0")]
    public async Task An_unmarked_page_that_is_not_for_shared_caches_is_never_looked_up_and_leaves_no_key(string? cacheControl)
    {
        await using var app = await StartAsync(web => web.MapPage("/a", cacheControl));

        for (var page = 1; page <= 3; page++)
        {
            var answer = await app.GetAsync("/a");
            Assert.Equal(($"page {page}", Unmarked, cacheControl), (answer.Body, answer.CacheStatus, answer["Cache-Control"]));
        }

        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
    }

    [Theory]
    [InlineData("Cache-Control", "public, max-age=60")]
    [InlineData("Cache-Control", "s-maxage=60")]
    [InlineData("Cache-Control", "max-age=5, PUBLIC")]
    [InlineData("CDN-Cache-Control", "max-age=60")]
    public async Task An_unmarked_page_that_says_it_is_for_shared_caches_is_stored_from_the_second_request_on(string name, string value)
    {
        await using var app = await StartAsync(web => web.MapPage("/{id}", cacheControl: null, context => context.Response.Headers[name] = value));

        var first = await app.GetAsync("/a");
        Assert.Equal(Unmarked, first.CacheStatus);
        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));

        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", (await app.GetAsync("/a")).CacheStatus);
        Assert.Equal(("page 2", true), await HitAsync(app, "/a"));

        // The endpoint is known, whatever its route values.
        Assert.True((await app.GetAsync("/b")).WasStored);
    }

    [Theory]
    [InlineData(ResponseCachingScope.MarkedAndPublic)]
    [InlineData(ResponseCachingScope.MarkedEndpoints)]
    [InlineData(ResponseCachingScope.AllResponses)]
    public async Task A_marked_page_is_stored_at_its_first_request_in_every_scope(ResponseCachingScope scope)
    {
        await using var app = await StartAsync(
            web =>
            {
                web.MapPage("/attribute", Minute);
                web.MapPage("/convention", cacheControl: null).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
                web.MapPage("/named", cacheControl: null).CacheResponse("minute");
                web.MapPage("/fields").CacheResponse(static policy => policy.Tag("a"));
                web.MapGroup("/group").CacheResponse("minute").MapGet("/page", static (HttpContext context) => context.NextPage());
                web.MapPage("/mvc", "public, max-age=60").WithMetadata(new Microsoft.AspNetCore.Mvc.ResponseCacheAttribute { Duration = 60 });
            },
            options =>
            {
                options.Scope = scope;
                options.AddPolicy("minute", static policy => policy.Expire(TimeSpan.FromMinutes(1)));
            });

        foreach (var path in (string[])["/attribute", "/convention", "/named", "/fields", "/group/page", "/mvc"])
        {
            var first = await app.GetAsync(path);
            Assert.Equal((path, true), (path, first.WasStored));
            Assert.Equal((first.Body, true), await HitAsync(app, path));
        }
    }

    [Fact]
    public async Task A_base_policy_with_a_duration_marks_every_page_and_one_without_marks_none()
    {
        await using var all = await StartAsync(
            static web => web.MapPage("/a", cacheControl: null), static options => options.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromMinutes(1))));
        await using var none = await StartAsync(
            static web => web.MapPage("/a", cacheControl: null), static options => options.AddBasePolicy(static policy => policy.VaryByQuery("page").Tag("a")));

        Assert.True((await all.GetAsync("/a")).WasStored);
        Assert.Equal(Unmarked, (await none.GetAsync("/a")).CacheStatus);
    }

    [Fact]
    public async Task With_MarkedEndpoints_a_base_policy_with_a_duration_completes_the_marked_pages_alone()
    {
        await using var app = await StartAsync(
            static web =>
            {
                web.MapPage("/marked", cacheControl: null).CacheResponse(static policy => policy.Tag("a"));
                web.MapPage("/unmarked", cacheControl: null);
            },
            static options =>
            {
                options.Scope = ResponseCachingScope.MarkedEndpoints;
                options.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
            });

        Assert.True((await app.GetAsync("/marked")).WasStored);
        Assert.Equal(Unmarked, (await app.GetAsync("/unmarked")).CacheStatus);
    }

    [Fact]
    public async Task MarkedEndpoints_never_stores_an_unmarked_page_that_says_it_is_public()
    {
        await using var app = await StartAsync(
            web => web.MapPage("/a", "public, s-maxage=60", context => context.Response.Headers["CDN-Cache-Control"] = "max-age=60"),
            static options => options.Scope = ResponseCachingScope.MarkedEndpoints);

        for (var i = 0; i < 3; i++)
            Assert.Equal(Unmarked, (await app.GetAsync("/a")).CacheStatus);

        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
    }

    [Fact]
    public async Task AllResponses_stores_what_RFC_9111_allows_at_the_first_request()
    {
        await using var app = await StartAsync(
            web => web.MapPage("/a", "max-age=60"), static options => options.Scope = ResponseCachingScope.AllResponses);

        Assert.True((await app.GetAsync("/a")).WasStored);
        Assert.Equal(("page 1", true), await HitAsync(app, "/a"));
    }

    [Fact]
    public async Task What_another_cache_behind_the_application_says_stays_in_front_of_what_this_one_says()
    {
        await using var app = await StartAsync(static web =>
            web.MapPage("/a", cacheControl: null, static context => context.Response.Headers["Cache-Status"] = "RedisExpiryCache; hit; ttl=5"));

        Assert.Equal($"RedisExpiryCache; hit; ttl=5, {Unmarked}", (await app.GetAsync("/a")).CacheStatus);
    }

    [Fact]
    public async Task A_page_that_is_run_again_for_its_status_says_once_that_it_is_unmarked()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapGet("/status", static () => "Not found."),
            new AppSetup { IsOnDefaults = true, Outside = static web => web.UseStatusCodePagesWithReExecute("/status") });

        var answer = await app.GetAsync("/missing");
        Assert.Equal("Not found.", answer.Body);
        Assert.Equal(1, answer.CacheStatus.Split("fwd=").Length - 1);
    }

    private static async Task<(string Body, bool IsHit)> HitAsync(CachedApp app, string path)
    {
        var answer = await app.GetAsync(path);
        return (answer.Body, answer.IsHit);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> map, Action<ResponseCachingOptions>? options = null) => CachedApp.StartAsync(
        fixture.Server, map, new AppSetup { IsOnDefaults = true, Options = all => options?.Invoke(all.ResponseCaching) });
}
