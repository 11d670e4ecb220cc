using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

public sealed class RegistrationTests(RedisFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ConnectionString => fixture.Server.ConnectionString;

    public static TheoryData<string> Overloads => ["connection string", "configuration", "delegate"];

    [Theory]
    [MemberData(nameof(Overloads))]
    public async Task Each_way_to_add_it_gives_one_working_singleton(string overload)
    {
        await using var provider = Add(new ServiceCollection(), overload).BuildServiceProvider(validateScopes: true);
        var cache = provider.GetRequiredService<IRedisExpiringCache>();
        Assert.Same(cache, provider.GetRequiredService<IDistributedCache>());
        Assert.Same(cache, provider.GetRequiredService<IBufferDistributedCache>());
        Assert.Same(cache, provider.GetRequiredService<RedisExpiringCache>());
        await using var scope = provider.CreateAsyncScope();
        Assert.Same(cache, scope.ServiceProvider.GetRequiredService<IDistributedCache>());

        var (key, value) = (Some.Key(), Some.Bytes());
        await cache.SetAsync(key, value, Caches.Sliding(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        Assert.True(await fixture.Server.Raw.KeyExistsAsync((overload == "connection string" ? "" : "shop:") + key));
    }

    [Fact]
    public async Task Adding_it_twice_is_harmless_and_settings_add_up()
    {
        var services = Add(Add(new ServiceCollection(), "configuration"), "connection string");
        services.AddRedisExpiringCache(options => options.OperationTimeout = TimeSpan.FromSeconds(3));
        Assert.Single(services, service => service.ServiceType == typeof(IDistributedCache));
        Assert.Single(services, service => service.ServiceType == typeof(IRedisExpiringCache));
        Assert.Single(services, service => service.ServiceType == typeof(IBufferDistributedCache));

        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;
        Assert.Equal(("shop:", TimeSpan.FromSeconds(3)), (options.InstanceName, options.OperationTimeout));
        Assert.Single(provider.GetServices<IDistributedCache>());
        Assert.Single(provider.GetServices<IValidateOptions<RedisExpiringCacheOptions>>());
        Assert.Null(await provider.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_takes_the_place_of_the_cache_in_memory_whichever_was_added_first(bool memoryFirst)
    {
        var services = new ServiceCollection();
        if (memoryFirst)
        {
            services.AddDistributedMemoryCache();
        }

        Add(services, "delegate");
        services.AddDistributedMemoryCache();
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<RedisExpiringCache>(provider.GetRequiredService<IDistributedCache>());
    }

    [Fact]
    public async Task Disposing_of_the_provider_disposes_of_the_cache()
    {
        var provider = Add(new ServiceCollection(), "delegate").BuildServiceProvider();
        var cache = provider.GetRequiredService<IRedisExpiringCache>();
        Assert.Null(await cache.GetAsync(Some.Key(), Token));
        Assert.Same(cache, provider.GetRequiredService<IDistributedCache>());
        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.GetAsync(Some.Key(), Token));
    }

    [Fact]
    public async Task A_wrong_setting_keeps_the_app_from_starting_and_is_named()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddRedisExpiringCache(options => options.OperationTimeout = TimeSpan.FromDays(1));
        await using var app = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
        Assert.Contains("OperationTimeout", failure.Message, StringComparison.Ordinal);
        Assert.Contains("1.00:00:00", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Configuration", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_setting_keeps_the_app_from_starting_and_is_named()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Configuration.AddInMemoryCollection([new("Cache:Configuration", ConnectionString), new("Cache:InstanceNam", "x")]);
        builder.Services.AddRedisExpiringCache(builder.Configuration.GetSection("Cache"));
        await using var app = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
        Assert.Contains("Cache:InstanceNam is not a setting", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_is_refused_by_its_name()
    {
        var services = new ServiceCollection();
        Assert.Equal("configuration", Assert.Throws<ArgumentNullException>(() => services.AddRedisExpiringCache((string)null!)).ParamName);
        Assert.Equal("configuration", Assert.Throws<ArgumentNullException>(() => services.AddRedisExpiringCache((IConfiguration)null!)).ParamName);
        Assert.Equal(
            "configure", Assert.Throws<ArgumentNullException>(() => services.AddRedisExpiringCache((Action<RedisExpiringCacheOptions>)null!)).ParamName);
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddRedisExpiringCache(_ => { })).ParamName);
    }

    private IServiceCollection Add(IServiceCollection services, string overload) => overload switch
    {
        "connection string" => services.AddRedisExpiringCache(ConnectionString),
        "configuration" => services.AddRedisExpiringCache(new ConfigurationBuilder()
            .AddInMemoryCollection([new("Cache:Configuration", ConnectionString), new("Cache:InstanceName", "shop:")])
            .Build().GetSection("Cache")),
        _ => services.AddRedisExpiringCache(options => (options.Configuration, options.InstanceName) = (ConnectionString, "shop:")),
    };
}
