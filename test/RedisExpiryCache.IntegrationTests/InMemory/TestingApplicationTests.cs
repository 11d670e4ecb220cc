using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.InMemory;

/// <summary>An application under WebApplicationFactory, whose Redis does not exist.</summary>
public sealed class TestingApplicationTests : IAsyncDisposable
{
    private readonly Shop _shop = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly WebApplicationFactory<Shop> _factory;
    private readonly HttpClient _client;

    public TestingApplicationTests()
    {
        _factory = _shop.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddRedisExpiringCacheForTesting(_clock)));
        _client = _factory.CreateClient();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _factory.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_page_is_a_hit_until_its_duration_is_over()
    {
        var first = await GetAsync("/page");
        _clock.Advance(TimeSpan.FromSeconds(59));
        var second = await GetAsync("/page");
        _clock.Advance(TimeSpan.FromSeconds(1));
        var third = await GetAsync("/page");

        Assert.Equal(("page 1", true), (first.Body, first.WasStored));
        Assert.Equal(("page 1", true, 59, "RedisExpiryCache; hit; ttl=1"), (second.Body, second.IsHit, second.Age, second.CacheStatus));
        Assert.Equal(("page 2", true), (third.Body, third.WasStored));
    }

    [Fact]
    public async Task A_sliding_page_lives_as_long_as_it_is_requested()
    {
        await GetAsync("/sliding");
        for (var i = 0; i < 10; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(59));
            Assert.True((await GetAsync("/sliding")).IsHit);
        }

        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("page 2", (await GetAsync("/sliding")).Body);
    }

    [Theory]
    [InlineData("/page")]
    [InlineData("/evict/attribute")]
    [InlineData("/evict/url")]
    [InlineData("/evict/tag")]
    [InlineData("/evict/all")]
    public async Task Evictions_by_request_attribute_and_hand_succeed_and_are_seen_by_the_next_request(string path)
    {
        await GetAsync("/page");
        Assert.True((await GetAsync("/page")).IsHit);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, path)).Status);

        Assert.Equal("page 2", (await GetAsync("/page")).Body);
    }

    [Fact]
    public async Task Calls_of_the_data_cache_in_a_handler_succeed()
    {
        Assert.Equal("", (await GetAsync("/basket")).Body);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, "/basket")).Status);
        Assert.Equal("tea", (await GetAsync("/basket")).Body);

        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("", (await GetAsync("/basket")).Body);
    }

    [Fact]
    public async Task Hybrid_and_output_cache_use_it()
    {
        var hybrid = _factory.Services.GetRequiredService<HybridCache>();
        Assert.Equal("value", await hybrid.GetOrCreateAsync("key", static _ => ValueTask.FromResult("value"), cancellationToken: Token));
        var data = _factory.Services.GetRequiredService<IDistributedCache>();
        await Eventually.True(async () => await data.GetAsync("key", Token) is not null, Caches.Patience, "the write of HybridCache");

        var output = _factory.Services.GetRequiredService<IOutputCacheStore>();
        await output.SetAsync("key", Some.Bytes(), ["tag"], TimeSpan.FromSeconds(60), Token);
        Assert.NotNull(await output.GetAsync("key", Token));
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await output.GetAsync("key", Token));
    }

    [Fact]
    public async Task Two_factories_do_not_see_each_others_pages()
    {
        await GetAsync("/page");
        await using var other = _shop.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddRedisExpiringCacheForTesting()));
        using var client = other.CreateClient();

        using var response = await client.GetAsync("/page", Token);

        Assert.True((await Answer.OfAsync(response)).WasStored);
    }

    [Fact]
    public async Task Turned_off_by_a_setting_pages_are_made_for_each_request()
    {
        await using var off = _shop.WithWebHostBuilder(host => host
            .UseSetting("Cache:ResponseCaching:Enabled", "false")
            .ConfigureTestServices(services => services.AddRedisExpiringCacheForTesting()));
        using var client = off.CreateClient();

        Assert.Equal(["page 1", "page 2"], [await client.GetStringAsync("/page", Token), await client.GetStringAsync("/page", Token)]);
    }

    private Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    private async Task<Answer> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await _client.SendAsync(request, Token);
        return await Answer.OfAsync(response);
    }

    /// <summary>The application: it names a Redis that is nowhere.</summary>
    private sealed class Shop : WebApplicationFactory<Shop>
    {
        protected override IHostBuilder CreateHostBuilder() => Host.CreateDefaultBuilder()
            .UseEnvironment(TestApp.Environment)
            .ConfigureLogging(static logging => logging.ClearProviders())
            .ConfigureWebHostDefaults(host => host
                .UseSetting("Cache:Configuration", "prod-redis.invalid:6379")
                .ConfigureServices(static (context, services) =>
                {
                    services.AddSingleton<PageCounter>().AddRouting().AddOutputCache();
                    services.AddRedisExpiringCache(context.Configuration.GetSection("Cache"));
                    services.Configure<RedisExpiringCacheOptions>(static options => options.UseAsOutputCacheStore = true);
                    services.AddHybridCache();
                })
                .Configure(static app => app.UseRouting().UseRedisExpiringCache().UseEndpoints(static endpoints =>
                {
                    endpoints.MapGet("/page", [RedisResponseCache(Duration = 60, Tags = ["pages"])] (HttpContext context) => context.NextPage());
                    endpoints.MapPost("/page", static () => Results.Ok());
                    endpoints.MapGet("/sliding", [RedisResponseCache(SlidingDuration = 60)] (HttpContext context) => context.NextPage());
                    endpoints.MapPost("/evict/attribute", [RedisResponseCacheEvict(Tags = ["pages"])] () => Results.Ok());
                    endpoints.MapPost("/evict/url", static (IResponseCacheInvalidator pages) => pages.EvictAsync("/page").AsTask());
                    endpoints.MapPost("/evict/tag", static (IResponseCacheInvalidator pages) => pages.EvictByTagAsync("pages").AsTask());
                    endpoints.MapPost("/evict/all", static (IResponseCacheInvalidator pages) => pages.EvictAllAsync().AsTask());
                    endpoints.MapGet("/basket", static async (IDistributedCache cache) => await cache.GetStringAsync("basket") ?? "");
                    endpoints.MapPost("/basket", static (IDistributedCache cache) => cache.SetStringAsync(
                        "basket", "tea", new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(20) }));
                })));

        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseContentRoot(AppContext.BaseDirectory);
    }
}
