using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Letter case and a slash at the end of a path, which routing does not heed.</summary>
public sealed class PathFoldingTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spellings_of_one_page_share_one_entry()
    {
        await using var app = await StartAsync(static web => web.MapPage("/Privacy", Minute));
        await app.WarmAsync("/Privacy");
        foreach (var path in (string[])["/privacy", "/PRIVACY", "/Privacy/", "/pRIVACY/"])
            Assert.Equal((true, "page 1"), Seen(await app.GetAsync(path)));

        Assert.True((await app.SendAsync(HttpMethod.Head, "/PRIVACY/")).IsHit);
        Assert.Single(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/Privacy/")]
    [InlineData("/privacy")]
    [InlineData("/PRIVACY")]
    public async Task Eviction_by_any_spelling_reaches_the_page(string path)
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapPage("/Privacy", Minute);
            web.MapPost("/Privacy", static () => "");
        });
        await app.WarmAsync("/privacy/");
        await app.Control.EvictAsync(path, Token);
        Assert.Equal((false, "page 2"), Seen(await app.GetAsync("/privacy/")));
        await app.SendAsync(HttpMethod.Post, path);
        Assert.Equal((false, "page 3"), Seen(await app.GetAsync("/Privacy")));
    }

    [Theory]
    [InlineData("/users/{name}", "/users/bob", "/users/Bob", false)]
    [InlineData("/users/{name}", "/users/bob", "/USERS/bob/", true)]
    [InlineData("/files/{**path}", "/files/a", "/files/A", false)]
    [InlineData("/files/{**path}", "/files/a", "/files/a/", false)]
    [InlineData("/files/{**path}", "/files/a", "/FILES/a", false)]
    [InlineData("/files/{name}.txt", "/files/a.txt", "/files/A.txt", false)]
    [InlineData("/a", "/a?x=1", "/A/?x=1", true)]
    [InlineData("/a", "/a?x=b", "/a?x=B", false)]
    public async Task Values_count_as_spelled(string pattern, string first, string other, bool isShared)
    {
        await using var app = await StartAsync(web => web.MapPage(pattern, Minute));
        await app.WarmAsync(first);
        Assert.Equal((isShared, isShared ? "page 1" : "page 2"), Seen(await app.GetAsync(other)));
    }

    [Fact]
    public async Task User_of_a_page_that_varies_by_user_gets_none_of_another_user_by_another_spelling()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapGet("/Me", static (HttpContext context) => context.User.Identity!.Name!)
                .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser()),
            Principals.InFront with { IsOnDefaults = true });
        var (alice, bob) = (Principals.Of("Cookies name=alice"), Principals.Of("Cookies name=bob"));
        await app.WarmAsync("/me", alice);
        Assert.Equal((true, "alice"), Seen(await app.GetAsync("/ME/", alice)));
        Assert.Equal((false, "bob"), Seen(await app.GetAsync("/ME/", bob)));
    }

    [Fact]
    public async Task Paths_of_conventional_routes_are_folded_but_for_their_values()
    {
        await using var app = await StartAsync(
            static web => web.MapControllerRoute("default", "{controller=Home}/{action=Index}/{id?}"),
            static services => services.AddControllers().ConfigureApplicationPartManager(static parts => OneController.Only<FoldedController>(parts)));
        await app.WarmAsync("/Folded/Show/a");
        Assert.True((await app.GetAsync("/folded/SHOW/a/")).IsHit);
        Assert.False((await app.GetAsync("/Folded/Show/A")).IsHit);
    }

    [Theory]
    [InlineData(ResponseCachingScope.AllResponses, false)]
    [InlineData(ResponseCachingScope.MarkedEndpoints, true)]
    public async Task Paths_are_exact_where_all_responses_are_in_scope(ResponseCachingScope scope, bool isShared)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/Privacy", Minute),
            new AppSetup { IsOnDefaults = true, Options = options => options.ResponseCaching.Scope = scope });
        await app.WarmAsync("/Privacy");
        foreach (var path in (string[])["/privacy", "/Privacy/"])
            Assert.Equal(isShared, (await app.GetAsync(path)).IsHit);
    }

    [Theory]
    [InlineData("/docs", "/docs/")]
    [InlineData("/Docs/", "/docs")]
    public async Task Redirect_to_another_spelling_of_itself_is_not_stored(string from, string to)
    {
        await using var app = await StartAsync(web => web.MapGet("/docs", (HttpContext context) =>
            context.Request.Path == to && context.Request.Path.Value == to ? Results.Text(context.NextPage()) : Results.Redirect($"{to}?a=b", permanent: true)).WithMetadata(Minute));
        var redirect = await app.GetAsync(from);
        Assert.Equal((301, $"{to}?a=b", "spelling"), ((int)redirect.Status, redirect["Location"], redirect.Detail));
        Assert.Equal("page 1", (await app.GetAsync(to)).Body);
        Assert.Equal((true, "page 1"), Seen(await app.GetAsync(from)));
    }

    [Fact]
    public async Task Redirect_to_another_page_is_stored_for_all_spellings()
    {
        await using var app = await StartAsync(static web => web.MapGet("/old", static () => Results.Redirect("/new", permanent: true)).WithMetadata(Minute));
        await app.GetAsync("/old");
        var hit = await app.GetAsync("/OLD/");
        Assert.Equal((301, "/new", true), ((int)hit.Status, hit["Location"], hit.IsHit));
    }

    /// <summary>An endpoint that hands the path on to a server that heeds its letter case.</summary>
    [Fact]
    public async Task Error_of_another_spelling_is_not_stored()
    {
        await using var app = await StartAsync(static web => web.MapPage(
            "/report",
            "public, max-age=60",
            static context => context.Response.StatusCode = context.Request.Path.Value == "/report" ? 200 : 404).WithMetadata(Minute));
        Assert.Equal("spelling", (await app.GetAsync("/REPORT")).Detail);
        Assert.Equal(200, (int)(await app.GetAsync("/report")).Status);
        Assert.True((await app.GetAsync("/REPORT")).IsHit);
    }

    [Fact]
    public async Task Policy_can_vary_by_the_path_as_spelled()
    {
        await using var app = await StartAsync(static web => web.MapPage("/Privacy", cacheControl: null)
            .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByValue(static context => context.Request.Path)));
        await app.WarmAsync("/Privacy");
        Assert.False((await app.GetAsync("/privacy")).IsHit);
    }

    private static (bool IsHit, string Body) Seen(Answer answer) => (answer.IsHit, answer.Body);

    private Task<CachedApp> StartAsync(Action<WebApplication> map, Action<IServiceCollection>? services = null) =>
        CachedApp.StartAsync(fixture.Server, map, new AppSetup { IsOnDefaults = true, Services = services });

    public sealed class FoldedController : ControllerBase
    {
        [RedisResponseCache(Duration = 60)]
        public string Show(string id) => $"{id}: {HttpContext.NextPage()}";
    }
}
