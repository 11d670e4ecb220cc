using RedisExpiryCache.ChaosTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Each of these tests finds the cluster whole and leaves it so, however it ends: what one has broken is no other's failure.</summary>
[Collection(OneCluster.Name)]
public abstract class OneClusterTests(ClusterOfSix cluster) : IAsyncLifetime
{
    protected ClusterOfSix Cluster => cluster;

    public async ValueTask InitializeAsync() => await cluster.IsWholeAsync();

    public async ValueTask DisposeAsync()
    {
        await cluster.RestoreAsync();
        GC.SuppressFinalize(this);
    }
}
