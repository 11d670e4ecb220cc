using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests;

/// <summary>Programs that use the public names as a user types them. A name or signature that changes fails here.</summary>
public sealed class PublicNamesTests
{
    [Fact]
    public void Every_way_to_register_the_cache_compiles() => AssertCompiles("""
        using RedisExpiryCache;

        var builder = WebApplication.CreateBuilder(args);
        var (services, configuration) = (builder.Services, builder.Configuration);
        services.AddRedisExpiringCache();
        services.AddRedisExpiringCache("localhost:6379");
        services.AddRedisExpiringCache("localhost:6379", options => options.InstanceName = "shop:");
        services.AddRedisExpiringCache(configuration.GetSection("RedisExpiringCache"));
        services.AddRedisExpiringCache(configuration.GetSection("RedisExpiringCache"), options => options.InstanceName = "shop:");
        services.AddRedisExpiringCache(options => { options.Configuration = "localhost:6379"; options.InstanceName = "shop:"; });
        services.AddRedisExpiringCache((options, provider) => options.InstanceName = provider.GetRequiredService<IHostEnvironment>().ApplicationName);

        services.AddKeyedRedisExpiringCache("sessions");
        services.AddKeyedRedisExpiringCache("sessions", "localhost:6379");
        services.AddKeyedRedisExpiringCache("sessions", "localhost:6379", options => options.InstanceName = "sessions:");
        services.AddKeyedRedisExpiringCache("sessions", configuration.GetSection("Sessions"));
        services.AddKeyedRedisExpiringCache("sessions", configuration.GetSection("Sessions"), options => options.InstanceName = "sessions:");
        services.AddKeyedRedisExpiringCache("sessions", options => options.InstanceName = "sessions:");
        services.AddKeyedRedisExpiringCache("sessions", (options, provider) => options.InstanceName = "sessions:");

        builder.AddRedisExpiringCache("redis").AddRedisExpiringCache("redis", options => options.FailureMode = FailureMode.Degrade);
        Host.CreateApplicationBuilder(args).AddRedisExpiringCache("redis");

        services.AddHealthChecks().AddRedisExpiringCacheCheck().AddKeyedRedisExpiringCacheCheck("sessions");
        builder.Build().UseRedisExpiringCache();
        """);

    [Fact]
    public void Every_setting_compiles() => AssertCompiles("""
        using RedisExpiryCache;
        using Microsoft.Extensions.Caching.StackExchangeRedis;

        RedisCacheOptions inherited = new RedisExpiringCacheOptions();
        var options = new RedisExpiringCacheOptions
        {
            Configuration = "localhost:6379",
            ConfigurationOptions = null,
            ConnectionMultiplexerFactory = null,
            InstanceName = "shop:",
            ProfilingSession = null,
            EntryFormat = EntryFormat.Microsoft,
            FailureMode = FailureMode.Throw,
            OperationTimeout = TimeSpan.FromSeconds(1),
            CircuitBreaker = { FailuresBeforeOpening = 5, OpenFor = TimeSpan.FromSeconds(1) },
            NearCache = { Enabled = true, IncludeData = true, SizeLimit = 64L * 1024 * 1024 },
            UseAsOutputCacheStore = true,
            ResponseCaching =
            {
                HonorRequestDirectives = false,
                MaximumBodySize = 1024,
                DefaultDuration = TimeSpan.FromMinutes(1),
                EmitCacheStatus = true,
                HeuristicFreshness = false,
                StoreSetCookie = false,
            },
        };
        options.EntryFormat = EntryFormat.Compact;
        options.FailureMode = FailureMode.Degrade;
        options.ResponseCaching.AddPolicy("hourly", policy => policy.Expire(TimeSpan.FromHours(1)));
        """);

    [Fact]
    public void Every_member_of_the_data_cache_and_the_invalidator_compiles() => AssertCompiles("""
        using System.Buffers;
        using Microsoft.Extensions.Caching.Distributed;
        using RedisExpiryCache;

        static async Task Use(IRedisExpiringCache cache, IResponseCacheInvalidator responses, CancellationToken token)
        {
            IBufferDistributedCache buffers = cache;
            CacheEntryLifetime? lifetime = await cache.GetLifetimeAsync("key", token);
            (TimeSpan? left, TimeSpan? sliding, DateTimeOffset? end) = lifetime ?? new CacheEntryLifetime(null, null, null);
            bool there = await cache.ExpireAsync("key", new DistributedCacheEntryOptions(), token);
            long removed = await cache.RemoveAsync(["a", "b"], token);
            await cache.SetAsync("key", ReadOnlySequence<byte>.Empty, new DistributedCacheEntryOptions(), ["tag"], token);
            await cache.RemoveByTagAsync("tag", token);
            await responses.EvictAsync("/products?page=2", token);
            await responses.EvictByTagAsync("products", token);
            await responses.EvictAllAsync(token);
        }
        """);

    [Fact]
    public void Every_convention_and_attribute_compiles() => AssertCompiles("""
        using RedisExpiryCache;

        var app = WebApplication.Create(args);
        app.MapGet("/products/{id}", (int id) => id).CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByQuery("page").Tag("products"));
        app.MapGet("/default", () => "news").CacheResponse();
        app.MapGet("/news", () => "news").CacheResponse(TimeSpan.FromMinutes(5));
        app.MapGet("/weather", () => "rain").CacheResponse("hourly");
        app.MapPost("/products", () => Results.Ok()).EvictCachedResponses(tags: ["products"]);
        app.MapPost("/prices", () => Results.Ok()).EvictCachedResponses(tags: ["products"], paths: ["/products"]);
        app.MapGroup("/group").CacheResponse(TimeSpan.FromMinutes(5)).MapGet("/", () => "group");

        [RedisResponseCache(Duration = 60, SlidingDuration = 0, ClientDuration = 0, VaryByQueryKeys = ["page"], VaryByHeaderNames = [],
                            VaryByRouteValueNames = [], VaryByHost = true, Tags = ["products", "product:{id}"], StaleWhileRevalidate = 0, StaleIfError = 0,
                            PolicyName = null, NoStore = false)]
        [RedisResponseCacheEvict(Tags = ["product:{id}"], Paths = ["/products"])]
        static string Product(int id) => "product";
        """);

    private static void AssertCompiles(string program) => Assert.Empty(Snippet.ErrorsIn(program));
}
