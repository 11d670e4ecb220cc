using System.Globalization;

namespace RedisExpiryCache.ChaosTests.Support;

/// <summary>What a node of a cluster says of one of its nodes: a line of CLUSTER NODES.</summary>
internal sealed class ClusterNode
{
    private readonly string[] _fields;

    private ClusterNode(string line) => _fields = line.Split(' ');

    public string Id => _fields[0];

    public bool IsReplica => Role == "slave";

    /// <summary>Of a replica it is its master's.</summary>
    public string Epoch => _fields[6];

    /// <summary>There and in touch, and no slot is on its way.</summary>
    public bool IsSettled => Role is "master" or "slave" && _fields[7] == "connected" && !OpenSlots.Any();

    /// <summary>Those that it has.</summary>
    public IEnumerable<int> Slots => Ranges.Where(static range => range[0] != '[').SelectMany(SlotsIn);

    /// <summary>Those that are on their way: only the node itself tells of them.</summary>
    public IEnumerable<int> OpenSlots => Ranges.Where(static range => range[0] == '[').Select(static range => Number(range[1..range.IndexOf('-', StringComparison.Ordinal)]));

    /// <summary>What it is in the cluster.</summary>
    public string Place => string.Join(' ', [Id, Role, _fields[3], .. Ranges]);

    /// <summary>All that others should say of it too.</summary>
    public string Text => $"{Place} {Epoch}";

    // How it is now and then, such as fail, would be part of it; that it is the one that was asked is not.
    private string Role => _fields[2].Replace("myself,", "", StringComparison.Ordinal);

    private IEnumerable<string> Ranges => _fields.Skip(8).Where(static range => range.Length > 0);

    /// <summary>In the order of their names.</summary>
    public static ClusterNode[] In(string nodes) =>
        [.. nodes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => new ClusterNode(line)).OrderBy(static node => node.Id, StringComparer.Ordinal)];

    private static IEnumerable<int> SlotsIn(string range)
    {
        int[] ends = [.. range.Split('-').Select(Number)];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
