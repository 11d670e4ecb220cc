using System.Collections.Concurrent;
using System.Net;
using RedisExpiryCache.Concurrency;
using StackExchange.Redis;

namespace RedisExpiryCache.Testing;

/// <summary>The servers of one container. Caches that would share a Redis in production share one of them.</summary>
internal sealed class InMemoryRedis(TimeProvider time) : IDisposable
{
    // Of Redis 6.2 and newer, so that the client library sends what it sends in production; which of them it is makes no difference.
    private static readonly Version Version = new(7, 4);

    private static readonly HashSet<string> NotSimulated = ["CLUSTER", "CONFIG", "INFO", "SENTINEL", "SUBSCRIBE", "PUBLISH"];

    private readonly ConcurrentDictionary<string, InMemoryServer> servers = new(StringComparer.Ordinal);

    /// <summary>Work that follows calls of the container's caches.</summary>
    public BackgroundWork Trailing { get; } = new();

    /// <param name="name">What tells one Redis of the application from another.</param>
    public ConfigurationOptions ConnectionTo(string name) => new()
    {
        EndPoints = { new DnsEndPoint("in-memory", 6379) },
        Tunnel = new InMemoryTunnel(servers.GetOrAdd(name, _ => new InMemoryServer(time))),
        Protocol = RedisProtocol.Resp2,
        DefaultVersion = Version,
        CommandMap = CommandMap.Create(NotSimulated, available: false),
        TieBreaker = "",
        ConfigurationChannel = "",
    };

    /// <summary>The keys that a server holds.</summary>
    public string[] KeysOf(string name, string prefix) => servers.TryGetValue(name, out var server) ? server.KeysWith(prefix) : [];

    public void Dispose()
    {
        foreach (var server in servers.Values)
            server.Dispose();
    }
}
