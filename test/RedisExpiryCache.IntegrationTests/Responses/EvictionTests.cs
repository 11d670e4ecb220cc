using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class EvictionTests(RedisFixture fixture) : EvictionContract(fixture);

public sealed class InMemoryEvictionTests(InMemoryFixture fixture) : EvictionContract(fixture);

/// <summary>IResponseCacheInvalidator, [RedisResponseCacheEvict], and unsafe methods (RFC 9111 4.4).</summary>
public abstract class EvictionContract(ServerFixture fixture)
{
    [Fact]
    public async Task A_URL_goes_with_all_its_variants_and_spellings_and_no_other_goes_with_it()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/{**rest}", "max-age=60", context => context.Response.Headers.Vary = "Accept-Language"));
        (string Path, (string, string) Field)[] gone =
        [
            ("/a?x=1&y=2", ("Accept-Language", "de")), ("/a?x=1&y=2", ("Accept-Language", "en")), ("/a?x=1&y=2", ("Host", "other.example")),
            ("/A?x=1&y=2", ("X-Any", "1")), ("/a/?x=1&y=2", ("X-Any", "1")), ("/a?y=2&x=1", ("X-Any", "1")), ("/%61?x=%31&y=2", ("X-Any", "1")),
        ];
        string[] staying = ["/a", "/a?x=1", "/a?x=1&y=2&z=3", "/a/b?x=1&y=2"];
        foreach (var (path, field) in gone)
        {
            await app.WarmAsync(path, field);
        }

        foreach (var path in staying)
        {
            await app.WarmAsync(path);
        }

        await app.Control.EvictAsync("/a?x=1&y=2", Token);

        foreach (var (path, field) in gone)
        {
            Assert.False((await app.GetAsync(path, field)).IsHit, $"{path} {field}");
        }

        foreach (var path in staying)
        {
            Assert.True((await app.GetAsync(path)).IsHit, path);
        }
    }

    [Theory]
    [InlineData("/list?page=2&utm=x", "/list?page=2", true)]
    [InlineData("/list?page=2&utm=x", "/list?utm=whatever&PAGE=2", true)]
    [InlineData("/list?page=2", "/list?page=3", false)]
    [InlineData("/list?utm=x", "/list", true)]
    [InlineData("/star?b=1&a=2", "/star?a=2&b=1", true)]
    [InlineData("/none?x=1", "/none", true)]
    [InlineData("/none?x=1", "/none?y=2", true)]
    public async Task A_URL_goes_also_where_only_some_query_keys_count(string stored, string evicted, bool goes)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/list", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["page"] });
            web.MapPage("/star", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["*"] });
            web.MapPage("/none", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = [] });
        });
        await app.WarmAsync(stored);
        await app.Control.EvictAsync(evicted, Token);
        Assert.Equal(goes ? "page 2" : "page 1", (await app.GetAsync(stored)).Body);
    }

    [Fact]
    public async Task A_path_base_belongs_to_the_URL()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.MapPage("/a");
                web.MapPost("/change", () => "changed").WithMetadata(new RedisResponseCacheEvictAttribute { Paths = ["/a"] });
            },
            new AppSetup { Outside = web => { web.UsePathBase("/base"); web.UseRouting(); } });
        await app.WarmAsync("/base/a");
        await app.WarmAsync("/a");

        await app.SendAsync(HttpMethod.Post, "/base/change");
        Assert.Equal("page 3", (await app.GetAsync("/base/a")).Body);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
        await app.Control.EvictAsync("/base/a", Token);
        Assert.Equal("page 4", (await app.GetAsync("/base/a")).Body);
    }

    [Fact]
    public async Task Everything_under_a_tag_goes_route_values_and_all()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
            web.MapPage("/products/{id}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["products", "product:{id}", "*"] }));
        await app.WarmAsync("/products/1");
        await app.WarmAsync("/products/1?x");
        await app.WarmAsync("/products/2");

        await app.Control.EvictByTagAsync("product:1", Token);
        Assert.False((await app.GetAsync("/products/1")).IsHit);
        Assert.False((await app.GetAsync("/products/1?x")).IsHit);
        Assert.True((await app.GetAsync("/products/2")).IsHit);

        await app.Control.EvictByTagAsync("products", Token);
        Assert.False((await app.GetAsync("/products/2")).IsHit);
    }

    [Fact]
    public async Task A_tag_named_like_our_own_for_everything_is_a_tag_like_any_other()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/starred", new RedisResponseCacheAttribute { Duration = 60, Tags = ["*"] });
            web.MapPage("/other");
        });
        await app.WarmAsync("/starred");
        await app.WarmAsync("/other");
        await app.Control.EvictByTagAsync("*", Token);
        Assert.False((await app.GetAsync("/starred")).IsHit);
        Assert.True((await app.GetAsync("/other")).IsHit);
    }

    [Fact]
    public async Task Everything_goes_but_data_entries_and_other_services_stay()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/{**rest}"));
        await using var neighbour = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/{**rest}"));
        var data = app.Services.GetRequiredService<IRedisExpiringCache>();
        await data.SetAsync("entry", [1], new(), Token);
        await app.WarmAsync("/a");
        await app.WarmAsync("/b");
        await neighbour.WarmAsync("/a");

        await app.Control.EvictAllAsync(Token);

        Assert.False((await app.GetAsync("/a")).IsHit);
        Assert.False((await app.GetAsync("/b")).IsHit);
        Assert.True((await neighbour.GetAsync("/a")).IsHit);
        Assert.Equal([1], await data.GetAsync("entry", Token));
        await app.WarmAsync("/a");
    }

    [Fact]
    public async Task Evicting_what_is_not_there_is_fine_and_nonsense_names_itself()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"));
        await app.Control.EvictAsync("/never/heard/of", Token);
        await app.Control.EvictByTagAsync("never-heard-of", Token);
        await app.Control.EvictAllAsync(Token);
        Assert.Equal("pathAndQuery", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await app.Control.EvictAsync(null!, Token))).ParamName);
        Assert.Equal("tag", (await Assert.ThrowsAsync<ArgumentNullException>(async () => await app.Control.EvictByTagAsync(null!, Token))).ParamName);
        var nonsense = await Assert.ThrowsAsync<ArgumentException>(async () => await app.Control.EvictAsync("products", Token));
        Assert.Contains("'products'", nonsense.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await app.Control.EvictAllAsync(new CancellationToken(canceled: true)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
