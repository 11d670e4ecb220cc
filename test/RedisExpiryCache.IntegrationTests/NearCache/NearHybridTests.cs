using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>A HybridCache that leaves the copy in the process to the near cache: then one node hears what another has changed.</summary>
public sealed class NearHybridTests(RedisFixture fixture)
{
    private readonly string _prefix = fixture.Server.NewPrefix();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_node_removes_or_sets_the_other_sees()
    {
        using var meters = new RecordingMeters();
        await using var one = await StartAsync(new RecordingMeters());
        await using var other = await StartAsync(meters);
        var (key, made) = (Some.Key(), 0);
        Assert.Equal("value 1", await GetAsync(one));
        await CopiedAsync("value 1");

        await one.GetRequiredService<HybridCache>().SetAsync(key, "value set", cancellationToken: Token);
        await Eventually.True(async () => await GetAsync(other) == "value set", NearNode.Deadline, "the other node to see what was set");
        await CopiedAsync("value set");

        await one.GetRequiredService<HybridCache>().RemoveAsync(key, Token);
        await Eventually.True(async () => await GetAsync(other) == "value 2", NearNode.Deadline, "the other node to make it anew");
        await CopiedAsync("value 2");
        Assert.Equal("value 2", await GetAsync(one));

        async Task<string> GetAsync(ServiceProvider node) =>
            await node.GetRequiredService<HybridCache>().GetOrCreateAsync(key, _ => ValueTask.FromResult($"value {++made}"), cancellationToken: Token);

        Task CopiedAsync(string value) => Eventually.True(
            async () =>
            {
                var before = meters.Count("data.operations", ("outcome", "hit"), ("level", "near"));
                Assert.Equal(value, await GetAsync(other));
                return meters.Count("data.operations", ("outcome", "hit"), ("level", "near")) > before;
            },
            NearNode.Deadline,
            "the other node to have a copy");
    }

    private async Task<ServiceProvider> StartAsync(RecordingMeters meters)
    {
        var services = TestApp.NewServices().AddSingleton<IMeterFactory>(meters);
        services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, _prefix);
            NearNode.TurnOn(options);
        });
        services.AddHybridCache(static options => options.DefaultEntryOptions = new HybridCacheEntryOptions
        {
            Expiration = TimeSpan.FromMinutes(10),
            Flags = HybridCacheEntryFlags.DisableLocalCache,
        });
        var provider = services.BuildServiceProvider();
        var cache = (RedisExpiringCache)provider.GetRequiredService<IRedisExpiringCache>();
        await CachedApp.ConnectAsync(cache);
        await Eventually.True(() => cache.Connection.Feed!.WhyOff is null, NearNode.Deadline, "the near cache to be on");
        return provider;
    }
}
