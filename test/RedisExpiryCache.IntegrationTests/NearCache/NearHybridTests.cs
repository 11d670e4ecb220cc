using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
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
        var (key, truth) = (Some.Key(), "made");
        Assert.Equal("made", await GetAsync(one));
        await StoredAsync();
        await CopiedAsync();

        truth = "set";
        await one.GetRequiredService<HybridCache>().SetAsync(key, truth, cancellationToken: Token);
        await StoredAsync();
        await SeenAsync();
        await CopiedAsync();

        truth = "made anew";
        await one.GetRequiredService<HybridCache>().RemoveAsync(key, Token);
        await SeenAsync();
        await StoredAsync();
        await CopiedAsync();
        Assert.Equal("made anew", await GetAsync(one));

        // How often it is made is HybridCache's own affair: it stores in the background, after it has answered.
        async Task<string> GetAsync(ServiceProvider node) =>
            await node.GetRequiredService<HybridCache>().GetOrCreateAsync(key, _ => ValueTask.FromResult(truth), cancellationToken: Token);

        Task SeenAsync() => Eventually.True(async () => await GetAsync(other) == truth, NearNode.Deadline, $"the other node to see what was {truth}");

        Task StoredAsync() => Eventually.True(
            async () => await one.GetRequiredService<IDistributedCache>().GetAsync(key, Token) is { } bytes && bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(truth)) >= 0,
            NearNode.Deadline,
            $"Redis to hold what was {truth}");

        Task CopiedAsync() => Eventually.True(
            async () =>
            {
                var before = meters.Count("data.operations", ("outcome", "hit"), ("level", "near"));
                Assert.Equal(truth, await GetAsync(other));
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
        await Eventually.True(() => cache.Connection.Feed!.DisabledReason is null, NearNode.Deadline, "the near cache to be on");
        return provider;
    }
}
