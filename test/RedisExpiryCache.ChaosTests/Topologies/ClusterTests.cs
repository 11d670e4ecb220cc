using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Redis Cluster, three masters and three replicas.</summary>
public sealed class ClusterTests(ClusterOfSix cluster) : OneClusterTests(cluster)
{
    [Theory]
    [InlineData(EntryFormat.Compact)]
    [InlineData(EntryFormat.Microsoft)]
    public async Task The_data_cache_keeps_its_promises(EntryFormat format)
    {
        var prefix = $"{Some.Word()}:";
        await using var cache = Caches.Connect(Cluster.ConnectionString, options => (options.InstanceName, options.EntryFormat) = (prefix, format));
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, Cluster.Raw, prefix);
    }

    [Fact]
    public async Task One_node_that_is_not_there_does_not_make_it_another_topology()
    {
        var prefix = $"{Some.Word()}:";
        var nobody = $"127.0.0.1:{FreePort.Next()}";
        await using var cache = Caches.Connect(
            $"{nobody},{Cluster.ConnectionString}", options => (options.InstanceName, options.OperationTimeout) = (prefix, TimeSpan.FromSeconds(10)));
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, Cluster.Raw, prefix);
    }

    [Fact]
    public Task The_response_cache_keeps_its_promises() =>
        ResponseStory.TellAsync(Cluster.Nodes[0], new AppSetup { ConnectionString = Cluster.ConnectionString });

    [Fact]
    public async Task Its_keys_are_spread_over_the_masters()
    {
        var prefix = $"{Some.Word()}:";
        await using var cache = Caches.Connect(Cluster.ConnectionString, options => options.InstanceName = prefix);
        await CachedApp.ConnectAsync(cache);
        for (var i = 0; i < 60; i++)
            await cache.SetAsync($"{i}", Some.Bytes(), Caches.Relative(60), TestContext.Current.CancellationToken);

        var masters = (await Cluster.KeysOfMastersAsync(prefix)).Select(key => ClusterOfSix.MasterAtFirst(Cluster.SlotOf(key))).Distinct();
        Assert.Equal(3, masters.Count());
    }
}
