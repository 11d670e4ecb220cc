namespace RedisExpiryCache.ChaosTests.Support;

/// <summary>A cluster that gives up a master soon; on a busy machine perhaps one that is well.</summary>
public sealed class ClusterThatFailsOver : IAsyncLifetime
{
    public ClusterOfSix Cluster { get; } = new(nodeTimeoutMs: 3000);

    public ValueTask InitializeAsync() => Cluster.InitializeAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
