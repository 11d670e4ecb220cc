using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>A further data cache under a key, independent of the first.</summary>
public sealed class KeyedCacheTests(RedisFixture fixture)
{
    private readonly string _prefix = fixture.Server.NewPrefix();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ConnectionString => fixture.Server.ConnectionString;

    private enum Name
    {
        Sessions,
    }

    public static TheoryData<string> Overloads => ["connection string", "configuration", "delegate", "delegate with services", "elsewhere"];

    [Theory]
    [MemberData(nameof(Overloads))]
    public async Task Each_way_to_add_it_gives_one_working_singleton_under_the_key(string overload)
    {
        await using var provider = Add(Add(TestApp.NewServices(), overload), overload).BuildServiceProvider(validateScopes: true);
        var cache = provider.GetRequiredKeyedService<IRedisExpiringCache>("sessions");
        Assert.Same(cache, Assert.Single(provider.GetKeyedServices<IDistributedCache>("sessions")));
        Assert.Same(cache, Assert.Single(provider.GetKeyedServices<IBufferDistributedCache>("sessions")));
        Assert.Same(cache, Assert.Single(provider.GetKeyedServices<RedisExpiringCache>("sessions")));

        var (key, value) = (Some.Key(), Some.Bytes());
        await cache.SetAsync(key, value, Caches.Relative(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        Assert.True(await fixture.Server.Raw.KeyExistsAsync((overload == "connection string" ? "" : _prefix) + key));
    }

    [Fact]
    public async Task Alone_it_registers_nothing_without_a_key()
    {
        var services = TestApp.NewServices().AddDistributedMemoryCache();
        await using var provider = Add(services, "delegate").BuildServiceProvider();
        Assert.IsType<MemoryDistributedCache>(provider.GetRequiredService<IDistributedCache>());
        Assert.Null(provider.GetService<IRedisExpiringCache>());
        Assert.Null(provider.GetService<RedisExpiringCache>());
        Assert.Null(provider.GetService<IResponseCacheInvalidator>());
        Assert.Null(provider.GetKeyedService<IDistributedCache>("other"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Beside_the_unkeyed_cache_each_has_settings_and_entries_of_its_own(bool keyedFirst)
    {
        var services = TestApp.NewServices();
        if (keyedFirst)
            Add(services, "delegate");

        services.AddRedisExpiringCache(options => (options.Configuration, options.InstanceName) = (ConnectionString, _prefix + "first:"));
        if (!keyedFirst)
            Add(services, "delegate");

        await using var provider = services.BuildServiceProvider();
        var (first, second) = (provider.GetRequiredService<IDistributedCache>(), provider.GetRequiredKeyedService<IDistributedCache>("sessions"));
        Assert.NotSame(first, second);
        await first.SetStringAsync("a", "one", Token);
        await second.SetStringAsync("a", "two", Token);
        Assert.Equal(("one", "two"), (await first.GetStringAsync("a", Token), await second.GetStringAsync("a", Token)));
        Assert.Equal([_prefix + "a", _prefix + "first:a"], (await fixture.Server.KeysAsync(_prefix)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_caches_on_one_Redis_with_one_InstanceName_see_the_same_entries()
    {
        var services = Add(TestApp.NewServices(), "delegate");
        services.AddRedisExpiringCache(options => (options.Configuration, options.InstanceName) = (ConnectionString, _prefix));
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IDistributedCache>().SetStringAsync("a", "one", Token);
        Assert.Equal("one", await provider.GetRequiredKeyedService<IDistributedCache>("sessions").GetStringAsync("a", Token));
    }

    [Fact]
    public async Task Its_connection_is_its_own_so_that_an_outage_of_one_leaves_the_other_alone()
    {
        await using var server = await RedisServer.StartAsync();
        var services = Add(TestApp.NewServices(), "delegate");
        services.AddRedisExpiringCache(options => (options.Configuration, options.OperationTimeout) = (server.ConnectionString, TimeSpan.FromSeconds(1)));
        await using var provider = services.BuildServiceProvider();
        var (first, second) = (provider.GetRequiredService<IDistributedCache>(), provider.GetRequiredKeyedService<IDistributedCache>("sessions"));
        Assert.Null(await second.GetAsync("a", Token));

        await server.KillAsync();
        await Assert.ThrowsAnyAsync<RedisException>(() => first.GetAsync("a", Token));
        Assert.Null(await second.GetAsync("a", Token));
    }

    [Fact]
    public async Task A_wrong_setting_keeps_the_app_from_starting_and_its_cache_is_named()
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddRedisExpiringCache(ConnectionString);
        builder.Services.AddKeyedRedisExpiringCache("sessions", options => options.OperationTimeout = TimeSpan.FromDays(1));
        await using var app = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
        string[] named = ["'sessions'", "OperationTimeout", "1.00:00:00", "Configuration"];
        Assert.All(named, words => Assert.Contains(words, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_response_cache_goes_by_the_unkeyed_one_which_has_to_be_added()
    {
        var builder = TestApp.NewBuilder();
        Add(builder.Services, "delegate");
        await using var app = builder.Build();
        Assert.Throws<InvalidOperationException>(() => app.UseRedisExpiringCache());
    }

    [Fact]
    public async Task A_key_need_not_be_a_string()
    {
        var services = TestApp.NewServices().AddKeyedRedisExpiringCache(Name.Sessions, ConnectionString);
        services.Configure<RedisExpiringCacheOptions>("Sessions", options => options.InstanceName = _prefix);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<IDistributedCache>(Name.Sessions).SetStringAsync("a", "one", Token);
        Assert.True(await fixture.Server.Raw.KeyExistsAsync(_prefix + "a"));
    }

    [Fact]
    public async Task Without_a_key_it_is_the_unkeyed_cache()
    {
        var services = TestApp.NewServices().AddKeyedRedisExpiringCache(null, ConnectionString);
        Assert.Contains(services, service => service.ServiceType == typeof(IResponseCacheInvalidator));
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<RedisExpiringCache>(provider.GetRequiredService<IDistributedCache>());
        Assert.Null(await provider.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token));
    }

    [Fact]
    public void A_key_whose_settings_would_be_mixed_up_with_others_is_refused()
    {
        var services = TestApp.NewServices().AddKeyedRedisExpiringCache(Name.Sessions, ConnectionString);
        var count = services.Count;
        Assert.All(
            new[] { "Sessions", "", KeyedService.AnyKey },
            key => Assert.Equal("serviceKey", Assert.Throws<ArgumentException>(() => services.AddKeyedRedisExpiringCache(key, ConnectionString)).ParamName));
        Assert.Equal(count, services.Count);
        services.AddKeyedRedisExpiringCache("sessions", ConnectionString);
    }

    [Fact]
    public void Null_is_refused_by_its_name()
    {
        var services = new ServiceCollection();
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddKeyedRedisExpiringCache("a")).ParamName);
        Assert.Equal("configuration", Assert.Throws<ArgumentNullException>(() => services.AddKeyedRedisExpiringCache("a", (string)null!)).ParamName);
        Assert.Equal("configuration", Assert.Throws<ArgumentNullException>(() => services.AddKeyedRedisExpiringCache("a", (IConfiguration)null!)).ParamName);
        Assert.Equal(
            "configure", Assert.Throws<ArgumentNullException>(() => services.AddKeyedRedisExpiringCache("a", (Action<RedisExpiringCacheOptions>)null!)).ParamName);
        Assert.Equal(
            "configure",
            Assert.Throws<ArgumentNullException>(() => services.AddKeyedRedisExpiringCache("a", (Action<RedisExpiringCacheOptions, IServiceProvider>)null!)).ParamName);
        Assert.Empty(services);
    }

    private IServiceCollection Add(IServiceCollection services, string overload) => overload switch
    {
        "connection string" => services.AddKeyedRedisExpiringCache("sessions", ConnectionString),
        "configuration" => services.AddKeyedRedisExpiringCache("sessions", new ConfigurationBuilder()
            .AddInMemoryCollection([new("Sessions:Configuration", ConnectionString), new("Sessions:InstanceName", _prefix)])
            .Build().GetSection("Sessions")),
        "delegate with services" => services.AddKeyedRedisExpiringCache("sessions", (options, provider) =>
            (options.Configuration, options.InstanceName) = (ConnectionString, provider.GetKeyedService<string>("no such") ?? _prefix)),
        "elsewhere" => services.AddKeyedRedisExpiringCache("sessions").Configure<RedisExpiringCacheOptions>(
            "sessions", options => (options.Configuration, options.InstanceName) = (ConnectionString, _prefix)),
        _ => services.AddKeyedRedisExpiringCache("sessions", options => (options.Configuration, options.InstanceName) = (ConnectionString, _prefix)),
    };
}
