using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Rewrite;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class NamesOfUrlTests(RedisFixture fixture) : NamesOfUrlContract(fixture);

public sealed class InMemoryNamesOfUrlTests(InMemoryFixture fixture) : NamesOfUrlContract(fixture);

/// <summary>A URL is evicted under each name by which a client or the application knows it.</summary>
public abstract class NamesOfUrlContract(ServerFixture fixture)
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
            fixture.Server,
            static web => web.MapPage("/products/{id}", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["page"] }),
            Rewriting);
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
                    var to = context.Request.Method == "POST" ? "/orders" : "/products";
                    context.Request.Path = path.Replace("/shoes", to, StringComparison.Ordinal);
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
            fixture.Server,
            static web => web.MapPage("/products/{id}"),
            new AppSetup { Outside = static web => web.UsePathBase("/shop").UseRouting() });
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

    [Theory]
    [InlineData("/products/7?ref=mail")]
    [InlineData("/shoes?id=7&ref=mail")]
    public async Task A_URL_whose_query_is_taken_off_in_front_is_evicted_by_each_name_that_clients_use(string name)
    {
        var setup = WithoutQuery(static context =>
        {
            if (context.Request.Path == "/shoes")
                context.Request.Path = $"/products/{context.Request.Query["id"]}";
        });
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/products/{id}"), setup);
        await app.WarmAsync(name.Replace("mail", "web", StringComparison.Ordinal));
        await app.GetAsync(name);
        await app.Control.EvictAsync(name, Token);
        Assert.False((await app.GetAsync(name)).IsHit);
    }

    [Fact]
    public async Task A_tenant_that_middleware_in_front_takes_off_the_query_has_pages_of_its_own()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapGet("/home", static (HttpContext context) => $"home of {context.Items["tenant"]}")
                .WithMetadata(new RedisResponseCacheAttribute { Duration = 60 }),
            WithoutQuery(static context => context.Items["tenant"] = context.Request.Query["tenant"].ToString()));
        await app.WarmAsync("/home?tenant=acme");
        Assert.Equal("home of bolt", (await app.GetAsync("/home?tenant=bolt")).Body);
        Assert.True((await app.GetAsync("/home?tenant=acme")) is { IsHit: true, Body: "home of acme" });
    }

    private static AppSetup WithoutQuery(Action<HttpContext> read) => new()
    {
        Outside = web => web.Use((context, next) =>
        {
            read(context);
            context.Request.QueryString = default;
            return next(context);
        }).UseRouting(),
    };

    private static AppSetup Rewriting => new()
    {
        Outside = static web => web
            .UseRewriter(new RewriteOptions().AddRewrite("^(?i)shoes/(.*)", "products/$1", skipRemainingRules: true))
            .UseRouting(),
    };

    private Task<CachedApp> RewrittenAsync() =>
        CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/products/{id}"), Rewriting);
}
