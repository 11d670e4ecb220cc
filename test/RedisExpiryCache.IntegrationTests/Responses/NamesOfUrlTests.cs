using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Rewrite;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A URL is evicted under each name by which a client or the application knows it.</summary>
public sealed class NamesOfUrlTests(RedisFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/shoes/7")]
    [InlineData("/Shoes/7/")]
    [InlineData("/products/7")]
    public async Task A_rewritten_URL_is_evicted_by_its_outward_and_by_its_inward_name(string name)
    {
        await using var app = await RewrittenAsync();
        await app.WarmAsync("/shoes/7");
        await app.WarmAsync("/shoes/8");
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync("/shoes/7")).IsHit);
        Assert.True((await app.GetAsync("/shoes/8")).IsHit);
    }

    [Fact]
    public async Task A_rewritten_URL_is_marked_stale_by_its_outward_name()
    {
        await using var app = await RewrittenAsync();
        await app.WarmAsync("/shoes/7");
        await app.Control.MarkStaleAsync("/shoes/7", Token);
        var stale = await app.GetAsync("/shoes/7");
        Assert.False(stale.IsHit && stale.CacheStatus.Contains("ttl=5", StringComparison.Ordinal), stale.CacheStatus);
    }

    [Theory]
    [InlineData("/shoes/7?page=2")]
    [InlineData("/products/7?page=2")]
    [InlineData("/products/7?page=2&utm=x")]
    public async Task A_rewritten_URL_is_evicted_by_the_query_that_counts(string name)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, static web => web.MapPage("/products/{id}", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["page"] }), Rewriting);
        await app.WarmAsync("/shoes/7?page=2&utm=y");
        await app.WarmAsync("/shoes/7?page=3");
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync("/shoes/7?page=2")).IsHit);
        Assert.True((await app.GetAsync("/shoes/7?page=3")).IsHit);
    }

    [Fact]
    public async Task A_POST_to_the_outward_name_evicts_what_is_stored_under_it()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/products/{id}");
                web.MapPost("/orders/{id}", static () => Results.NoContent());
            },
            new AppSetup
            {
                Outside = static web => web.Use(static (context, next) =>
                {
                    var path = context.Request.Path.Value!;
                    context.Request.Path = path.Replace("/shoes", context.Request.Method == "POST" ? "/orders" : "/products", StringComparison.Ordinal);
                    return next(context);
                }).UseRouting(),
            });
        await app.WarmAsync("/shoes/7");
        Assert.Equal(204, (int)(await app.SendAsync(HttpMethod.Post, "/shoes/7")).Status);
        Assert.False((await app.GetAsync("/shoes/7")).IsHit);
    }

    [Theory]
    [InlineData("/shop/products/7")]
    [InlineData("/products/7")]
    public async Task A_page_under_a_path_base_is_evicted_with_and_without_it(string name)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, static web => web.MapPage("/products/{id}"), new AppSetup { Outside = static web => web.UsePathBase("/shop").UseRouting() });
        await app.WarmAsync("/shop/products/7");
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync("/shop/products/7")).IsHit);
    }

    [Theory]
    [InlineData("/shop/products/7")]
    [InlineData("/products/7")]
    public async Task A_page_whose_path_base_a_proxy_has_stripped_is_evicted_with_and_without_it(string name)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/products/{id}"), new AppSetup
        {
            Outside = static web => web.Use(static (context, next) =>
            {
                context.Request.PathBase = "/shop";
                return next(context);
            }),
        });
        await app.WarmAsync("/products/7");
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync("/products/7")).IsHit);
    }

    [Theory]
    [InlineData("/caf%C3%A9", "/café")]
    [InlineData("/caf%c3%a9", "/caf%C3%A9")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/../b", "/a/../b")]
    [InlineData("/%7Euser", "/~user")]
    [InlineData("/a%2Fb", "/a%2fb")]
    public async Task A_page_is_evicted_by_each_spelling_of_its_path(string requested, string name)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{**path}"));
        await app.WarmAsync(requested);
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync(requested)).IsHit);
    }

    private static AppSetup Rewriting => new()
    {
        Outside = static web => web.UseRewriter(new RewriteOptions().AddRewrite("^(?i)shoes/(.*)", "products/$1", skipRemainingRules: true)).UseRouting(),
    };

    private Task<CachedApp> RewrittenAsync() => CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/products/{id}"), Rewriting);
}
