using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>Applications that are put together in a way that cannot work say so when they start.</summary>
public sealed class StartupWarningTests(RedisFixture fixture)
{
    private const int OtherDistributedCache = 80, OutputCacheToo = 81, CachedMethodUnsafe = 82, CorsBehindCache = 83;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Microsofts_Redis_cache_registered_after_ours_is_warned_of()
    {
        var warning = Assert.Single(await WarningsAsync(OtherDistributedCache, static services => services.AddStackExchangeRedisCache(static _ => { })));
        Assert.Contains("Microsoft.Extensions.Caching.StackExchangeRedis", warning.Message, StringComparison.Ordinal);
        Assert.Contains("registered after AddRedisExpiringCache", warning.Message, StringComparison.Ordinal);
        Assert.Contains("/docs/registration.md", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_memory_cache_or_a_decorator_or_a_keyed_cache_beside_ours_is_not_warned_of()
    {
        Assert.Empty(await WarningsAsync(OtherDistributedCache, static services => services.AddDistributedMemoryCache()));
        Assert.Empty(await WarningsAsync(OtherDistributedCache, static services => services.AddSingleton<IDistributedCache>(
            static provider => provider.GetRequiredService<IRedisExpiringCache>())));
        Assert.Empty(await WarningsAsync(OtherDistributedCache, static services => services.AddKeyedSingleton<IDistributedCache, MemoryDistributedCache>("other")));
    }

    [Fact]
    public async Task An_output_cache_policy_beside_ours_is_warned_of_by_the_endpoint()
    {
        var warnings = await WarningsAsync(OutputCacheToo, static services => services.AddOutputCache(), static web =>
        {
            web.MapGet("/attribute", [OutputCache][RedisResponseCache(Duration = 60)] () => "");
            web.MapGet("/convention", static () => "").CacheOutput().CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
            web.MapGet("/theirs", static () => "").CacheOutput();
            web.MapGet("/ours", static () => "").CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
        });
        Assert.Collection(
            warnings,
            static warning => Assert.Contains("/attribute", warning.Message, StringComparison.Ordinal),
            static warning => Assert.Contains("/convention", warning.Message, StringComparison.Ordinal));
        Assert.All(warnings, static warning => Assert.Contains("/docs/middleware-order.md", warning.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cached_endpoint_that_takes_no_GET_is_warned_of_by_its_methods()
    {
        var warning = Assert.Single(await WarningsAsync(CachedMethodUnsafe, map: static web =>
        {
            web.MapMethods("/write", ["POST", "PUT"], [RedisResponseCache(Duration = 60)] () => "");
            web.MapMethods("/both", ["GET", "POST"], [RedisResponseCache(Duration = 60)] () => "");
            web.MapMethods("/head", ["HEAD"], [RedisResponseCache(Duration = 60)] () => "");
            web.Map("/any", [RedisResponseCache(Duration = 60)] () => "");
            web.MapPost("/evict", [RedisResponseCacheEvict(Tags = ["a"])] () => "");
        }));
        Assert.Contains("/write", warning.Message, StringComparison.Ordinal);
        Assert.Contains("POST, PUT only", warning.Message, StringComparison.Ordinal);
        Assert.Contains("[RedisResponseCacheEvict]", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cached_POST_endpoint_is_not_warned_of_where_responses_to_POST_are_stored() => Assert.Empty(await WarningsAsync(
        CachedMethodUnsafe,
        static services => services.Configure<RedisExpiringCacheOptions>(static options => options.ResponseCaching.StorePostResponses = true),
        static web => web.MapPost("/write", [RedisResponseCache(Duration = 60)] () => "")));

    [Fact]
    public async Task A_hit_that_is_answered_in_front_of_UseCors_is_warned_of_once()
    {
        var warning = Assert.Single(await CorsWarningsAsync(static web => web.UseRouting().UseRedisExpiringCache().UseCors()));
        Assert.Contains("/a", warning.Message, StringComparison.Ordinal);
        Assert.Contains("Call UseCors before UseRedisExpiringCache", warning.Message, StringComparison.Ordinal);
        Assert.Contains("/docs/middleware-order.md", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hit_that_has_passed_UseCors_is_not_warned_of() =>
        Assert.Empty(await CorsWarningsAsync(static web => web.UseRouting().UseCors().UseRedisExpiringCache()));

    private async Task<LogRecord[]> CorsWarningsAsync(Action<IApplicationBuilder> order)
    {
        using var log = new RecordingLoggerProvider();
        await using var app = await StartAsync(
            log, static services => services.AddCors(static cors => cors.AddDefaultPolicy(static policy => policy.AllowAnyOrigin())), web =>
            {
                order(web);
                web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "").RequireCors();
            });
        using var client = app.GetTestClient();
        for (var request = 0; request < 3; request++)
            Assert.Equal("", await client.GetStringAsync("/a", Token));

        return Warnings(log, CorsBehindCache);
    }

    private async Task<LogRecord[]> WarningsAsync(int id, Action<IServiceCollection>? add = null, Action<WebApplication>? map = null)
    {
        using var log = new RecordingLoggerProvider();
        await using var app = await StartAsync(log, add, web =>
        {
            web.UseRedisExpiringCache();
            map?.Invoke(web);
        });
        return Warnings(log, id);
    }

    private async Task<WebApplication> StartAsync(RecordingLoggerProvider log, Action<IServiceCollection>? add, Action<WebApplication> map)
    {
        var builder = TestApp.NewBuilder(log);
        builder.Services.AddRedisExpiringCache(options =>
        {
            options.Configuration = fixture.Server.ConnectionString;
            options.InstanceName = fixture.Server.NewPrefix();
        });
        add?.Invoke(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync(Token);
        return app;
    }

    private static LogRecord[] Warnings(RecordingLoggerProvider log, int id)
    {
        var found = log.Records.Where(record => record.Event.Id == id).ToArray();
        Assert.All(found, static record => Assert.Equal(LogLevel.Warning, record.Level));
        return found;
    }
}
