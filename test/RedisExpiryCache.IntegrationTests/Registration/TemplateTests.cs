using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>A tag or path that names a route value which its route does not have stops the start.</summary>
public sealed class TemplateTests(RedisFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tag_of_an_attribute_that_names_what_the_route_lacks_stops_the_start() => await FailsAsync(
        ["GET /products/{productId}", "'product:{id}'", "'id'", "productId"],
        static web => web.MapGet(
            "/products/{productId}", [RedisResponseCache(Duration = 60, Tags = ["product:{id}"])] (int productId) => ""));

    [Fact]
    public async Task A_tag_of_a_convention_or_group_that_names_what_a_route_lacks_stops_the_start() => await FailsAsync(
        ["GET /products/", "'product:{id}'"],
        static web =>
        {
            var group = web.MapGroup("/products").CacheResponse(static policy => policy.Tag("product:{id}"));
            group.MapGet("/{id}", static (int id) => "");
            group.MapGet("/", static () => "");
        });

    [Fact]
    public async Task A_tag_of_a_named_policy_that_names_what_the_route_lacks_stops_the_start() => await FailsAsync(
        ["GET /products/{productId}", "'product:{id}'", "productId"],
        static web => web.MapGet("/products/{productId}", static (int productId) => "").CacheResponse("product"),
        static options => options.AddPolicy("product", static policy => policy.Tag("product:{id}")));

    [Theory]
    [InlineData("product:{id}", null, "'product:{id}'")]
    [InlineData(null, "/products/{id}", "'/products/{id}'")]
    [InlineData(null, "/products/{id:int}", "'/products/{id:int}'")]
    public async Task A_tag_or_path_to_evict_that_names_what_the_route_lacks_stops_the_start(
        string? tag, string? path, string named) => await FailsAsync(
        ["POST /products/{productId}", named, "'id'", "productId"],
        web => web.MapPost("/products/{productId}", static (int productId) => "").EvictCachedResponses(
            tags: tag is null ? null : [tag], paths: path is null ? null : [path]));

    [Fact]
    public async Task A_template_without_any_parameter_in_its_route_says_that_there_is_none() => await FailsAsync(
        ["GET /products", "has no parameters"],
        static web => web.MapGet("/products", static () => "").CacheResponse(static policy => policy.Tag("product:{id}")));

    [Fact]
    public async Task A_template_with_a_brace_that_has_no_pair_stops_the_start() => await FailsAsync(
        ["GET /products/{id}", "'product:{id'"],
        static web => web.MapGet("/products/{id}", static (int id) => "").CacheResponse(static policy => policy.Tag("product:{id")));

    [Fact]
    public async Task A_tag_of_a_base_policy_that_no_route_has_a_value_for_stops_the_start() => await FailsAsync(
        ["base policy", "'tenant:{tennant}'"],
        static web => web.MapGet("/{tenant}", static (string tenant) => ""),
        static options => options.AddBasePolicy(static policy => policy.Tag("tenant:{tennant}")));

    [Fact]
    public async Task A_tag_of_a_base_policy_is_only_on_responses_of_endpoints_with_the_route_value()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/a");
                web.MapPage("/shops/{tenant}");
            },
            new AppSetup
            {
                Options = static options => options.ResponseCaching.AddBasePolicy(static policy => policy.Tag("tenant:{tenant}")),
            });
        await app.WarmAsync("/a");
        await app.WarmAsync("/shops/north");
        await app.Control.EvictByTagAsync("tenant:", Token);
        Assert.True((await app.GetAsync("/a")).IsHit);
        await app.Control.EvictByTagAsync("tenant:north", Token);
        Assert.False((await app.GetAsync("/shops/north")).IsHit);
    }

    [Fact]
    public async Task Optional_and_catch_all_parameters_defaults_and_the_values_of_controllers_and_areas_can_be_named()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/a/{id?}").CacheResponse(static policy => policy.Tag("a:{id}", "a:{ID:int}"));
                web.MapPage("/b/{id=7}/{**rest}").CacheResponse(static policy => policy.Tag("b:{id}:{**rest}"));
                web.MapControllers().CacheResponse(static policy => policy.Tag("{controller}:{action}"));
                web.MapControllerRoute("default", "{controller=Home}/{action=Index}/{culture}", new { culture = "en" });
            },
            new AppSetup { Services = static services => services.AddControllers().AddApplicationPart(typeof(TemplateTests).Assembly) });
        await app.WarmAsync("/a");
        await app.WarmAsync("/b");
        await app.Control.EvictByTagAsync("b:7:", Token);
        Assert.False((await app.GetAsync("/b")).IsHit);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    private async Task FailsAsync(string[] words, Action<WebApplication> map, Action<ResponseCachingOptions>? options = null)
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddRedisExpiringCache(cache =>
        {
            (cache.Configuration, cache.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix());
            options?.Invoke(cache.ResponseCaching);
        });
        await using var web = builder.Build();
        web.UseRedisExpiringCache();
        map(web);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => web.StartAsync(Token));
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
    }
}
