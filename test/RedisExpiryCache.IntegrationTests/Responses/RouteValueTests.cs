using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class RouteValueTests(RedisFixture fixture) : RouteValueContract(fixture);

public sealed class InMemoryRouteValueTests(InMemoryFixture fixture) : RouteValueContract(fixture);

/// <summary>Route values in tags and paths: an eviction reaches every spelling of the value.</summary>
public abstract class RouteValueContract(ServerFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{id:int}", "/007", "/7")]
    [InlineData("{id:int}", "/7", "/007")]
    [InlineData("{id}", "/007", "/7")]
    [InlineData("{id:long}", "/+7", "/7")]
    [InlineData("{id:int}", "/%207", "/7")]
    [InlineData("{id:int}", "/-0", "/0")]
    [InlineData("{id:decimal}", "/1.50", "/1.5")]
    [InlineData("{id:decimal}", "/1,000.0", "/1000")]
    [InlineData("{id:bool}", "/True", "/true")]
    [InlineData("{id:datetime}", "/2026-03-01", "/2026-3-1")]
    [InlineData("{id:datetime}", "/2026-03-01T00:00:00", "/2026-03-01")]
    [InlineData("{id:guid}", "/0F8FAD5B-D9CB-469F-A165-70867728950E", "/0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData("{id:guid}", "/0f8fad5bd9cb469fa16570867728950e", "/0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData("{id:guid}", "/%7B0f8fad5b-d9cb-469f-a165-70867728950e%7D", "/0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData("{id}", "/Acme", "/acme")]
    [InlineData("{id}", "/caf%C3%A9", "/CAF%c3%89")]
    [InlineData("{id}", "/a%2fb", "/a%2Fb")]
    public async Task An_eviction_by_a_route_value_reaches_the_page_stored_under_another_spelling_of_it(
        string parameter, string stored, string evicted)
    {
        foreach (var byPath in new[] { false, true })
        {
            await using var app = await StartAsync(parameter, byPath);
            await app.WarmAsync($"/products{stored}");
            await app.SendAsync(HttpMethod.Post, $"/edit{evicted}");
            Assert.False((await app.GetAsync($"/products{stored}")).IsHit, byPath ? "by path" : "by tag");
        }
    }

    [Theory]
    [InlineData("/007", "product:7")]
    [InlineData("/007", "product:007")]
    [InlineData("/7", "product:007")]
    [InlineData("/Acme", "product:acme")]
    [InlineData("/acme", "Product:Acme")]
    public async Task EvictByTagAsync_by_hand_reaches_the_pages_of_every_spelling(string path, string tag)
    {
        await using var app = await StartAsync("{id}");
        await app.WarmAsync($"/products{path}");
        await app.Control.EvictByTagAsync(tag, Token);
        Assert.False((await app.GetAsync($"/products{path}")).IsHit);
    }

    [Fact]
    public async Task MarkStaleByTagAsync_and_tags_added_while_serving_reach_every_spelling()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/products/{id}", also: static context =>
            context.Features.Get<IResponseCacheFeature>()!.AddTags($"Product:{context.Request.RouteValues["id"]}")));
        await app.WarmAsync("/products/007");
        await app.Control.EvictByTagAsync("product:7", Token);
        Assert.False((await app.GetAsync("/products/007")).IsHit);

        await app.WarmAsync("/products/007");
        await app.Control.MarkStaleByTagAsync("product:7", Token);
        Assert.Contains("ttl=-", (await app.GetAsync("/products/007")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_values_are_not_evicted()
    {
        await using var app = await StartAsync("{id}");
        string[] others = ["/70", "/17", "/7.5", "/v7", "/a7", "/x-7", "/0f8fad5b-d9cb-469f-a165-70867728950f"];
        foreach (var other in others)
            await app.WarmAsync($"/products{other}");

        await app.Control.EvictByTagAsync("product:7", Token);
        await app.Control.EvictByTagAsync("product:0f8fad5b-d9cb-469f-a165-70867728950e", Token);
        foreach (var other in others)
            Assert.True((await app.GetAsync($"/products{other}")).IsHit, other);
    }

    [Fact]
    public async Task A_path_may_repeat_the_constraint_of_a_parameter_and_a_catch_all_keeps_its_slashes()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web =>
        {
            web.MapPage("/products/{id:int}");
            web.MapPage("/docs/{**slug}");
            web.MapPost("/edit/{id:int}", static () => "").EvictCachedResponses(paths: ["/products/{id:int}"]);
            web.MapPost("/write/{**slug}", static () => "").EvictCachedResponses(paths: ["/docs/{slug}"]);
        });
        await app.WarmAsync("/products/7");
        await app.WarmAsync("/docs/a/b%20c");
        await app.SendAsync(HttpMethod.Post, "/edit/7");
        await app.SendAsync(HttpMethod.Post, "/write/a/b%20c");
        Assert.False((await app.GetAsync("/products/7")).IsHit);
        Assert.False((await app.GetAsync("/docs/a/b%20c")).IsHit);
    }

    [Theory]
    [InlineData("/7", "/007")]
    [InlineData("/Acme", "/acme")]
    [InlineData("/", "/x")]
    public async Task VaryByRouteValue_never_joins_what_the_application_can_tell_apart(string one, string other)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapGet(
            "/products/{id?}", static (HttpContext context) => $"product {context.Request.RouteValues["id"]}")
            .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByRouteValue("id")));
        Assert.Equal($"product {one[1..]}", (await app.WarmAsync($"/products{one}")).Body);
        Assert.Equal($"product {other[1..]}", (await app.GetAsync($"/products{other}")).Body);
    }

    private Task<CachedApp> StartAsync(string parameter, bool byPath = false) => CachedApp.StartAsync(fixture.Server, web =>
    {
        web.MapPage($"/products/{parameter}", new RedisResponseCacheAttribute { Duration = 60, Tags = byPath ? [] : ["product:{id}"] });
        web.MapPost($"/edit/{parameter}", static () => "").EvictCachedResponses(
            tags: byPath ? [] : ["product:{id}"], paths: byPath ? ["/products/{id}"] : []);
    });
}
