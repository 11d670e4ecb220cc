using System.Globalization;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Topology;

/// <summary>Which servers have keys.</summary>
internal static class ClusterSlotMap
{
    /// <summary>In a script: the client library refuses CLUSTER by its name to a connection without <c>allowAdmin</c>.</summary>
    private const string AllNodes = "return redis.call('CLUSTER', 'NODES')";

    private const int SlotCount = 16_384;

    /// <summary>After so many turns each server of a cluster has been asked.</summary>
    private const int Turns = 3;

    private static string[]? tags;

    /// <summary>The servers that have the keys just now: all of them, or null where that is not known, or about to change.</summary>
    /// <param name="main">The connection whose reads go there.</param>
    /// <param name="turn">Of a cluster a third of the servers is asked, other ones each time: word of a change takes a while to reach them
    /// all.</param>
    /// <param name="everyone">Whether all are asked, which have to agree.</param>
    public static async Task<IServer[]?> ServersWithKeysAsync(IConnectionMultiplexer main, int turn, bool everyone)
    {
        IServer[] primaries = [.. main.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false } && server.ServerType != ServerType.Sentinel)];
        if (primaries.Length == 0)
            return null;

        if (primaries[0].ServerType != ServerType.Cluster)
            return primaries.Length == 1 ? primaries : null;

        var asked = everyone ? primaries
            : primaries.Length <= Turns ? [primaries[turn % primaries.Length]]
            : [.. primaries.Where((_, i) => i % Turns == turn % Turns)];
        var servers = await Task.WhenAll(asked.Select(server => ServersByAsync(server, primaries)));
        return Array.TrueForAll(servers, one => one is not null && one.SequenceEqual(servers[0]!)) ? servers[0] : null;
    }

    /// <summary>Whether all keys that begin so are in one slot: those in braces that are closed.</summary>
    public static bool IsOneSlot(string prefix) =>
        prefix.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open && prefix.IndexOf('}', open) >= 0;

    /// <summary>What makes a key one of this server's when it stands behind the prefix; empty: it has no slots.</summary>
    /// <param name="main">Knows which server has which slots.</param>
    /// <param name="server">One of a cluster.</param>
    /// <param name="prefix">One that leaves the slot open.</param>
    /// <param name="before">What it was before.</param>
    public static string TagOn(IConnectionMultiplexer main, IServer server, string prefix, string before)
    {
        if (before.Length > 0 && IsOn(before))
            return before;

        return Array.Find(tags ??= NewTags(main), IsOn) ?? "";

        bool IsOn(string tag) => main.GetServer((RedisKey)(prefix + tag)).EndPoint.Equals(server.EndPoint);
    }

    /// <summary>One for each slot, since a server may have a single one; the last is found for 109757.</summary>
    private static string[] NewTags(IConnectionMultiplexer main)
    {
        var found = new string?[SlotCount];
        for (int i = 0, left = SlotCount; left > 0; i++)
        {
            var tag = string.Create(CultureInfo.InvariantCulture, $"{{{i}}}");
            ref var known = ref found[main.GetHashSlot(tag)];
            left -= known is null ? 1 : 0;
            known ??= tag;
        }

        return found!;
    }

    private static async Task<IServer[]?> ServersByAsync(IServer asked, IServer[] primaries)
    {
        if (ClusterNodesReply.Masters(Replies.Text(await asked.ExecuteAsync("EVAL", AllNodes, 0)) ?? "", asked.EndPoint) is not { } masters)
            return null;

        IServer[] servers = [.. primaries.Where(server => masters.Contains(server.EndPoint))];
        return servers.Length == masters.Length ? servers : null;
    }
}
