using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Testing;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.InMemory;

/// <summary>AddRedisExpiringCacheForTesting takes the place of whatever Redis the application has registered.</summary>
public sealed class TestingRegistrationTests : IDisposable
{
    // A server that would accept the application's connection: it must never get one.
    private readonly TcpListener _production = new(IPAddress.Loopback, 0);
    private readonly string _connectionString;

    public TestingRegistrationTests()
    {
        _production.Start();
        _connectionString = $"127.0.0.1:{((IPEndPoint)_production.LocalEndpoint).Port}";
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Registrations =>
        ["connection string", "lambda", "section", "options", "factory", "multiplexer", "post-configured", "added last", "nothing"];

    public void Dispose() => _production.Dispose();

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task However_the_application_names_its_Redis_it_is_not_connected_to(string registration)
    {
        await using var services = Register(registration).BuildServiceProvider(validateScopes: true);
        services.GetService<IStartupValidator>()?.Validate();
        var cache = services.GetRequiredService<IDistributedCache>();

        await cache.SetStringAsync("key", "value", Token);

        Assert.Equal("value", await cache.GetStringAsync("key", Token));
        Assert.Same(cache, services.GetRequiredService<IRedisExpiringCache>());
        Assert.False(_production.Pending(), "a connection to the application's Redis");
    }

    [Fact]
    public async Task Each_container_has_entries_of_its_own()
    {
        await using var one = Register("connection string").BuildServiceProvider();
        await using var other = Register("connection string").BuildServiceProvider();

        await one.GetRequiredService<IDistributedCache>().SetStringAsync("key", "value", Token);

        Assert.Null(await other.GetRequiredService<IDistributedCache>().GetStringAsync("key", Token));
    }

    [Fact]
    public async Task Keyed_caches_share_entries_where_they_would_share_a_Redis()
    {
        var services = TestApp.NewServices();
        services.AddRedisExpiringCacheForTesting();
        services.AddRedisExpiringCache("one:6379,password=secret");
        services.AddKeyedRedisExpiringCache("same", "one:6379");
        services.AddKeyedRedisExpiringCache("other", "other:6379");
        services.AddKeyedRedisExpiringCache("database", "one:6379,defaultDatabase=1");
        services.AddKeyedRedisExpiringCache("factory", static options =>
            options.ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("not called"));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IDistributedCache>().SetStringAsync("key", "value", Token);

        Assert.Equal("value", await Keyed("same").GetStringAsync("key", Token));
        foreach (var apart in new[] { "other", "database", "factory" })
            Assert.Null(await Keyed(apart).GetStringAsync("key", Token));

        IDistributedCache Keyed(string key) => provider.GetRequiredKeyedService<IDistributedCache>(key);
    }

    [Fact]
    public async Task Settings_of_the_test_apply_after_those_of_the_application_and_others_stay()
    {
        var services = new ServiceCollection();
        services.AddRedisExpiringCacheForTesting(static options => options.OperationTimeout = TimeSpan.FromSeconds(7));
        services.AddRedisExpiringCache(static options =>
        {
            (options.Configuration, options.InstanceName) = ("prod-redis:6379", "shop:");
            (options.OperationTimeout, options.NearCache.Enabled) = (TimeSpan.FromMilliseconds(1), true);
        });
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;

        Assert.Equal(("shop:", TimeSpan.FromSeconds(7)), (options.InstanceName, options.OperationTimeout));
        Assert.Equal(TimeSpan.FromMinutes(1), options.ResponseCaching.OperationTimeout);
        Assert.False(options.NearCache.Enabled);
    }

    [Fact]
    public async Task Registered_several_times_it_is_there_once_and_settings_add_up()
    {
        var services = new ServiceCollection()
            .AddRedisExpiringCacheForTesting(static options => options.InstanceName = "one:")
            .AddRedisExpiringCacheForTesting()
            .AddRedisExpiringCacheForTesting(static options => options.InstanceName += "two:");
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("one:two:", provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value.InstanceName);
        Assert.Single(services, static service => service.ServiceType == typeof(InMemoryRedis));
    }

    [Fact]
    public async Task The_health_check_is_healthy()
    {
        var services = TestApp.NewServices();
        services.AddRedisExpiringCache(_connectionString).AddRedisExpiringCacheForTesting().AddHealthChecks().AddRedisExpiringCacheCheck();
        await using var provider = services.BuildServiceProvider();

        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);

        Assert.Equal(HealthStatus.Healthy, report.Status);
    }

    [Fact]
    public async Task Callers_on_many_threads_do_not_disturb_each_other()
    {
        await using var services = Register("connection string").BuildServiceProvider();
        var cache = services.GetRequiredService<IRedisExpiringCache>();
        await Parallel.ForAsync(0, 500, Token, async (i, token) =>
        {
            var (key, value) = ($"key {i % 50}", new byte[1 + i * 100]);
            if (i % 5 == 0)
                cache.Set(key, value, Caches.Sliding(60));
            else
                await cache.SetAsync(key, value, Caches.Relative(60), token);

            Assert.NotNull(i % 3 == 0 ? cache.Get(key) : await cache.GetAsync(key, token));
        });
    }

    [Fact]
    public async Task A_command_that_the_library_does_not_send_is_refused_with_a_clear_error()
    {
        using var redis = new InMemoryRedis(TimeProvider.System);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionTo(""));

        var refused = await Assert.ThrowsAsync<RedisServerException>(() => connection.GetDatabase().SortedSetAddAsync("key", "member", 1));

        Assert.Equal("ERR unknown command 'ZADD' (RedisExpiryCache.Testing)", refused.Message);
    }

    [Fact]
    public void Null_arguments_are_refused_by_name()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>("services", static () => default(IServiceCollection)!.AddRedisExpiringCacheForTesting());
        Assert.Throws<ArgumentNullException>("configure", () => services.AddRedisExpiringCacheForTesting(default(Action<RedisExpiringCacheOptions>)!));
        Assert.Throws<ArgumentNullException>("timeProvider", () => services.AddRedisExpiringCacheForTesting(default(TimeProvider)!));
        Assert.Throws<ArgumentNullException>("timeProvider", () => services.AddRedisExpiringCacheForTesting(static _ => { }, timeProvider: null!));
    }

    private IServiceCollection Register(string registration)
    {
        var services = TestApp.NewServices();
        if (registration == "added last")
            services.AddRedisExpiringCacheForTesting();

        switch (registration)
        {
            case "connection string" or "added last":
                services.AddRedisExpiringCache(_connectionString);
                break;
            case "lambda":
                services.AddRedisExpiringCache(options => options.Configuration = _connectionString);
                break;
            case "section":
                var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Cache:Configuration", _connectionString)]).Build();
                services.AddRedisExpiringCache(configuration.GetSection("Cache"));
                break;
            case "options":
                services.AddRedisExpiringCache(options => options.ConfigurationOptions = ConfigurationOptions.Parse(_connectionString));
                break;
            case "factory":
                services.AddRedisExpiringCache(options => options.ConnectionMultiplexerFactory = ConnectAsync);
                break;
            case "multiplexer":
                services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(_connectionString)).AddRedisExpiringCache();
                break;
            case "post-configured":
                services.AddRedisExpiringCache().PostConfigure<RedisExpiringCacheOptions>(options => options.Configuration = _connectionString);
                break;
        }

        return registration == "added last" ? services : services.AddRedisExpiringCacheForTesting();
    }

    private async Task<IConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync(_connectionString);
}
