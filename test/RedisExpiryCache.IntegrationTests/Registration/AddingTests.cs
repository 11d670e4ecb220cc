using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>The ways to add the cache and to give it its settings.</summary>
public sealed class AddingTests(RedisFixture fixture)
{
    private readonly string _prefix = fixture.Server.NewPrefix();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ConnectionString => fixture.Server.ConnectionString;

    [Fact]
    public async Task Settings_can_be_made_with_other_services_at_hand()
    {
        var services = TestApp.NewServices().AddSingleton(new Tenant(_prefix));
        services.AddRedisExpiringCache((options, provider) =>
            (options.Configuration, options.InstanceName) = (ConnectionString, provider.GetRequiredService<Tenant>().Prefix));
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await AssertWorksUnderAsync(_prefix, provider);
    }

    [Fact]
    public async Task Added_without_arguments_it_goes_by_what_is_configured_elsewhere()
    {
        var services = TestApp.NewServices();
        services.Configure<RedisExpiringCacheOptions>(options => options.Configuration = ConnectionString);
        services.AddRedisExpiringCache();
        services.Configure<RedisExpiringCacheOptions>(options => options.InstanceName = _prefix);
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await AssertWorksUnderAsync(_prefix, provider);
    }

    [Fact]
    public async Task Added_in_every_way_and_twice_there_is_one_of_everything_and_settings_add_up()
    {
        var (services, name) = (new ServiceCollection(), Some.Word());
        for (var i = 0; i < 2; i++)
        {
            services.AddRedisExpiringCache();
            services.AddRedisExpiringCache($"{ConnectionString},name={name}");
            services.AddRedisExpiringCache(Section(("OperationTimeout", "00:00:20")));
            services.AddRedisExpiringCache(options => options.InstanceName += "a");
            services.AddRedisExpiringCache((options, _) => options.InstanceName += "b:");
        }

        Assert.Empty(services.Where(IsOurs).GroupBy(service => service.ServiceType).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.Equal(3, services.Count(service => service.ServiceType == typeof(IHostedService) && !service.IsKeyedService));

        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await AssertWorksUnderAsync("ab:ab:", provider);
        Assert.Equal(Caches.Patience, provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value.OperationTimeout);
        // One multiplexer has a connection for commands and one for subscriptions.
        var clients = await fixture.Server.Admin.GetServer(ConnectionString).ClientListAsync();
        Assert.InRange(clients.Count(client => client.Name == name), 1, 2);

        static bool IsOurs(ServiceDescriptor service) => service.ServiceType.Assembly == typeof(RedisExpiringCache).Assembly
            || service.ServiceType == typeof(IDistributedCache) || service.ServiceType == typeof(IBufferDistributedCache);
    }

    [Fact]
    public async Task Without_any_connection_the_app_does_not_start_and_hears_of_each_way_to_give_one()
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddRedisExpiringCache();
        await using var app = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
        string[] ways = ["localhost:6379", "ConfigurationOptions", "ConnectionMultiplexerFactory", "IConnectionMultiplexer"];
        Assert.All(ways, way => Assert.Contains(way, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Null_is_refused_by_its_name()
    {
        var services = new ServiceCollection();
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddRedisExpiringCache()).ParamName);
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddRedisExpiringCache((_, _) => { })).ParamName);
        Assert.Equal(
            "configure",
            Assert.Throws<ArgumentNullException>(() => services.AddRedisExpiringCache((Action<RedisExpiringCacheOptions, IServiceProvider>)null!)).ParamName);
        Assert.Empty(services);
    }

    [Fact]
    public void A_connection_string_that_is_null_is_refused_with_the_setting_to_look_at()
    {
        var configuration = new ConfigurationBuilder().Build();
        var failure = Assert.Throws<ArgumentNullException>(
            () => new ServiceCollection().AddRedisExpiringCache(configuration.GetConnectionString("Redis")!));
        Assert.Equal("configuration", failure.ParamName);
        Assert.Contains("is ConnectionStrings:Redis set", failure.Message, StringComparison.Ordinal);
    }

    private static IConfigurationSection Section(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Cache:{setting.Name}", (string?)setting.Value))).Build().GetSection("Cache");

    private async Task AssertWorksUnderAsync(string prefix, IServiceProvider provider)
    {
        var cache = provider.GetRequiredService<IDistributedCache>();
        Assert.Same(cache, provider.GetRequiredService<IRedisExpiringCache>());
        var (key, value) = (Some.Key(), Some.Bytes());
        await cache.SetAsync(key, value, Caches.Relative(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        Assert.True(await fixture.Server.Raw.KeyExistsAsync(prefix + key));
    }

    private sealed record Tenant(string Prefix);
}
