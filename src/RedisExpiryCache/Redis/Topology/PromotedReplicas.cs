using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Topology;

/// <summary>
/// The client library learns whether a server is a primary when it connects, and asks again after a minute. A server that was a replica at
/// that moment (a failover, a restore) and has been made the primary since would go unused for that minute.
/// </summary>
internal static class PromotedReplicas
{
    /// <summary>
    /// Has the client library ask, if it knows of replicas alone. Not of a cluster, whose servers say themselves where a key has gone.
    /// </summary>
    /// <exception cref="Exception">They could not be asked.</exception>
    public static async Task AskAgainAsync(IConnectionMultiplexer multiplexer)
    {
        var connected = multiplexer.GetServers().Where(static server => server is { IsConnected: true }).ToArray();
        if (connected.Length > 0 && connected.All(static server => server is { IsReplica: true, ServerType: ServerType.Standalone }))
            await multiplexer.ConfigureAsync();
    }
}
