using System.Globalization;
using System.Net;

namespace RedisExpiryCache.Redis.Topology;

/// <summary>What one server of a cluster says of all of them.</summary>
internal static class ClusterNodesReply
{
    private const int Flags = 2;
    private const int FirstSlot = 8;

    /// <summary>
    /// The masters that have slots; null where one has none, and is there: it is about to get some, or has just given them away. Then keys
    /// are on their way, to where nobody may be listening yet. One that has failed counts while it has slots: where only this process
    /// reaches it still, it would be read from.
    /// </summary>
    /// <param name="nodes">The reply to CLUSTER NODES.</param>
    /// <param name="asked">Who gave it: a server that has not heard of its own address leaves it out.</param>
    public static EndPoint[]? Masters(string nodes, EndPoint asked)
    {
        var masters = new List<EndPoint>();
        foreach (var line in nodes.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var fields = line.Split(' ');
            if (fields.Length < FirstSlot)
                return null;

            var flags = fields[Flags].Split(',');
            if (flags.Contains("slave"))
                continue;

            // In brackets: a slot that is on its way.
            if (!fields.Skip(FirstSlot).Any(static slot => slot.Length > 0 && char.IsAsciiDigit(slot[0])))
            {
                if (flags.Contains("fail") || flags.Contains("noaddr"))
                    continue;

                return null;
            }

            var address = fields[1].Split('@')[0];
            if (address.LastIndexOf(':') == 0)
                masters.Add(asked);
            else
                masters.Add(Parse(address));
        }

        return masters.Count > 0 ? [.. masters] : null;
    }

    /// <summary>Without the brackets that an address of the sixth version has elsewhere.</summary>
    private static EndPoint Parse(string address)
    {
        var (host, port) = (address[..address.LastIndexOf(':')], int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));
        return IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(host, port);
    }
}
