using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Topology;

/// <summary>
/// Behind Sentinel, an old primary that comes back takes itself for one until the sentinels have told it otherwise, some ten seconds later.
/// The client library would use either of the two. What is written to the wrong one is lost: an eviction too, while other nodes go on
/// serving what it was to evict.
/// </summary>
internal static class SplitBrainGuard
{
    /// <summary>To be asked once: it takes some text to find out.</summary>
    public static bool Concern(IConnectionMultiplexer multiplexer) =>
        multiplexer.Configuration.Contains("serviceName=", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is so just now: then neither is to be used.</summary>
    public static bool HasTwoPrimaries(IConnectionMultiplexer multiplexer) =>
        multiplexer.GetServers().Count(static server => server is { IsConnected: true, IsReplica: false }) > 1;
}
