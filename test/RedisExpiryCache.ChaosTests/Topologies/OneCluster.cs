using RedisExpiryCache.ChaosTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>One cluster for all tests that need one, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OneCluster : ICollectionFixture<ClusterOfSix>
{
    public const string Name = "Cluster";
}
