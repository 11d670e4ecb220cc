using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>Which store the output cache gets. None of this asks Redis anything.</summary>
public sealed class OutputCacheRegistrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Asked_for_it_is_ours_whichever_was_added_first(bool outputCacheFirst)
    {
        await using var services = Services(outputCacheFirst, use: true).BuildServiceProvider(validateScopes: true);
        var store = services.GetRequiredService<IOutputCacheStore>();
        Assert.IsType<IOutputCacheBufferStore>(store, exactMatch: false);
        Assert.Same(typeof(RedisExpiringCache).Assembly, store.GetType().Assembly);
        Assert.Same(store, services.GetRequiredService<IOutputCacheStore>());
        Assert.Single(services.GetServices<IOutputCacheStore>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Not_asked_for_it_is_the_one_in_memory_as_before(bool outputCacheFirst)
    {
        await using var services = Services(outputCacheFirst, use: false)
            .Configure<OutputCacheOptions>(options => options.SizeLimit = 1_000)
            .BuildServiceProvider(validateScopes: true);
        var store = services.GetRequiredService<IOutputCacheStore>();
        Assert.Same(typeof(IOutputCacheStore).Assembly, store.GetType().Assembly);
        Assert.Same(store, services.GetRequiredService<IOutputCacheStore>());
        Assert.Single(services.GetServices<IOutputCacheStore>());

        // With the app's own settings.
        await store.SetAsync("small", new byte[600], [], TimeSpan.FromMinutes(1), Token);
        await store.SetAsync("too large", new byte[1_001], [], TimeSpan.FromMinutes(1), Token);
        Assert.NotNull(await store.GetAsync("small", Token));
        Assert.Null(await store.GetAsync("too large", Token));
    }

    [Theory]
    [InlineData("instance", false)]
    [InlineData("factory", false)]
    [InlineData("type", false)]
    [InlineData("type", true)]
    public async Task A_store_of_the_apps_own_gives_way_only_when_asked_to(string how, bool use)
    {
        var own = new OwnStore();
        var services = how switch
        {
            "instance" => new ServiceCollection().AddSingleton<IOutputCacheStore>(own),
            "factory" => new ServiceCollection().AddSingleton<IOutputCacheStore>(_ => own),
            _ => new ServiceCollection().AddSingleton<IOutputCacheStore, OwnStore>(),
        };
        services.AddOutputCache();
        await using var provider = Add(services, use).BuildServiceProvider();
        Assert.Equal(!use, provider.GetRequiredService<IOutputCacheStore>() is OwnStore);
        Assert.Single(provider.GetServices<IOutputCacheStore>());
    }

    [Fact]
    public async Task A_store_of_the_apps_own_that_is_added_later_wins()
    {
        await using var provider = Add(new ServiceCollection(), use: true).AddSingleton<IOutputCacheStore, OwnStore>().BuildServiceProvider();
        Assert.IsType<OwnStore>(provider.GetRequiredService<IOutputCacheStore>());
    }

    [Fact]
    public async Task The_switch_may_be_set_by_any_of_several_calls_and_in_configuration()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("Cache:UseAsOutputCacheStore", "true")]).Build().GetSection("Cache");
        var services = Add(new ServiceCollection(), use: false).AddOutputCache();
        services.AddRedisExpiringCache(section);
        services.AddRedisExpiringCache("localhost:1");
        await using var provider = services.BuildServiceProvider();
        Assert.Same(typeof(RedisExpiringCache).Assembly, provider.GetRequiredService<IOutputCacheStore>().GetType().Assembly);
        Assert.Single(provider.GetServices<IOutputCacheStore>());
    }

    [Fact]
    public async Task Neither_asked_for_nor_added_there_is_none()
    {
        await using var provider = Add(new ServiceCollection(), use: false).Configure<OutputCacheOptions>(_ => { }).BuildServiceProvider();
        Assert.Null(provider.GetService<IOutputCacheStore>());

        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        Add(builder.Services, use: false);
        await using var app = builder.Build();
        app.UseOutputCache();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Token));
        Assert.Contains(nameof(IOutputCacheStore), failure.Message, StringComparison.Ordinal);
    }

    private static IServiceCollection Services(bool outputCacheFirst, bool use) =>
        outputCacheFirst ? Add(new ServiceCollection().AddOutputCache(), use) : Add(new ServiceCollection(), use).AddOutputCache();

    private static IServiceCollection Add(IServiceCollection services, bool use) =>
        services.AddLogging().AddRedisExpiringCache(options => (options.Configuration, options.UseAsOutputCacheStore) = ("localhost:1", use));

    private sealed class OwnStore : IOutputCacheStore
    {
        public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) => default;

        public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => default;

        public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken) => default;
    }
}
