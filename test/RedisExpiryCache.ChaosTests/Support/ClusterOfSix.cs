using System.Diagnostics;
using System.Net;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Support;

/// <summary>
/// A Redis Cluster of three masters and three replicas, on loopback. A master is not given up before it has been silent for fifteen seconds (Redis' own default): on a busy
/// machine it is for three.
/// </summary>
public sealed class ClusterOfSix : IAsyncLifetime
{
    public const int Slots = 16_384;

    private const int Masters = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly List<RedisServer> _nodes = [];
    private readonly int _nodeTimeoutMs;
    private readonly List<string> _ids = [];
    private string[] _atFirst = [];

    public ClusterOfSix()
        : this(nodeTimeoutMs: 15_000)
    {
    }

    internal ClusterOfSix(int nodeTimeoutMs) => _nodeTimeoutMs = nodeTimeoutMs;

    /// <summary>The masters first.</summary>
    public IReadOnlyList<RedisServer> Nodes => _nodes;

    public string ConnectionString => string.Join(',', _nodes.Select(static node => node.ConnectionString));

    /// <summary>Goes to whichever node has the key.</summary>
    public IDatabase Raw => _nodes[0].Raw;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 2 * Masters; i++)
            _nodes.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-node-timeout", $"{_nodeTimeoutMs}", "--cluster-config-file", "nodes.conf"));

        _ids.AddRange(await Task.WhenAll(_nodes.Select(IdOfAsync)));
        for (var i = 0; i < _nodes.Count; i++)
            await AskAsync(_nodes[i], "SET-CONFIG-EPOCH", i + 1);

        for (var i = 0; i < Masters; i++)
            await AskAsync(_nodes[i], "ADDSLOTS", [.. Enumerable.Range(0, Slots).Where(slot => MasterAtFirst(slot) == i).Cast<object>()]);

        foreach (var node in _nodes.Skip(1))
            await AskAsync(_nodes[0], "MEET", "127.0.0.1", node.Port);

        await Eventually.True(() => AllSay(text => text.Contains("cluster_known_nodes:6", StringComparison.Ordinal)), Patience, "six nodes that know each other");
        for (var i = Masters; i < 2 * Masters; i++)
            await FollowAsync(_nodes[i], _ids[i - Masters]);

        await Eventually.True(() => AllSay(text => text.Contains("cluster_state:ok", StringComparison.Ordinal)), Patience, "a cluster that works");
        await _nodes[0].Admin.ConfigureAsync();
        await Eventually.True(async () => (await Task.WhenAll(_nodes.Skip(Masters).Select(IsInSyncAsync))).All(static yes => yes), Patience, "replicas in sync");
        await AgreesAsync();
        _atFirst = Layout(await ViewOfAsync(_nodes[0]));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    /// <summary>Which of the masters a slot has been given to when the cluster was made.</summary>
    public static int MasterAtFirst(int slot) => slot * Masters / Slots;

    public int SlotOf(string key) => _nodes[0].Admin.HashSlot(key);

    /// <summary>
    /// Until all nodes say the same of all: whose slots are whose, and by which epoch. A slot that moves before they do may be given back by one that has not heard of
    /// the move before.
    /// </summary>
    public Task AgreesAsync() => Eventually.True(async () => await AgreedViewAsync() is not null, Patience, "nodes that agree");

    /// <summary>Until it is as it was at first, and every node says so.</summary>
    public Task IsWholeAsync() => Eventually.True(
        async () => await AgreedViewAsync() is { } view && Layout(view).SequenceEqual(_atFirst)
            && (await Task.WhenAll(_nodes.Skip(Masters).Select(IsInSyncAsync))).All(static yes => yes),
        Patience,
        "the cluster to be as it was at first");

    /// <summary>Makes it what it was at first, however far a test has come with what it was about to do to it.</summary>
    public async Task RestoreAsync()
    {
        foreach (var node in _nodes)
        {
            foreach (var slot in (await ViewOfAsync(node)).SelectMany(static one => one.OpenSlots))
                await AskAsync(node, "SETSLOT", slot, "STABLE");
        }

        await AgreesAsync();
        foreach (var owner in await ViewOfAsync(_nodes[0]))
        {
            foreach (var slot in owner.Slots.Where(slot => _ids[MasterAtFirst(slot)] != owner.Id))
                await MoveSlotAsync(slot, _ids.IndexOf(owner.Id), MasterAtFirst(slot));
        }

        while (_nodes.Count > 2 * Masters)
            await LeaveAsync();

        await IsWholeAsync();
    }

    /// <summary>Moves a slot with its keys from master to master as redis-cli --cluster reshard does it.</summary>
    public async Task MoveSlotAsync(int slot, int from, int to)
    {
        await AgreesAsync();
        await AskAsync(_nodes[to], "SETSLOT", slot, "IMPORTING", _ids[from]);
        await AskAsync(_nodes[from], "SETSLOT", slot, "MIGRATING", _ids[to]);
        while ((RedisResult[])(await AskAsync(_nodes[from], "GETKEYSINSLOT", slot, 100))! is { Length: > 0 } keys)
        {
            foreach (var key in keys)
                await ServerOf(_nodes[from]).ExecuteAsync("MIGRATE", "127.0.0.1", _nodes[to].Port, (RedisKey)(string)key!, 0, 20_000, "REPLACE");
        }

        foreach (var node in (int[])[to, from, .. Enumerable.Range(0, Masters).Except([to, from])])
            await AskAsync(_nodes[node], "SETSLOT", slot, "NODE", _ids[to]);
    }

    /// <summary>A replica takes its master's place, which is asked to let it.</summary>
    public Task FailoverAsync(int replica)
    {
        // Both give up after five seconds, which are not enough on a busy machine; who asks earlier makes them begin anew.
        var asked = new Stopwatch();
        return Eventually.True(
            async () =>
            {
                if (!(await ViewOfAsync(_nodes[replica])).Single(node => node.Id == _ids[replica]).IsReplica)
                    return true;

                if (asked.IsRunning && asked.Elapsed < TimeSpan.FromSeconds(10))
                    return false;

                await AskAsync(_nodes[replica], "FAILOVER");
                asked.Restart();
                return false;
            },
            Patience,
            "a replica to take its master's place");
    }

    /// <summary>A seventh node joins, a master without slots.</summary>
    /// <returns>Its number.</returns>
    public async Task<int> JoinAsync()
    {
        // It stays a master when its last slot has gone.
        var node = await RedisServer.StartAsync(
            "--cluster-enabled", "yes", "--cluster-node-timeout", "3000", "--cluster-config-file", "nodes.conf", "--cluster-allow-replica-migration", "no");
        var id = await IdOfAsync(node);
        _nodes.Add(node);
        _ids.Add(id);
        await AskAsync(_nodes[0], "MEET", "127.0.0.1", node.Port);
        await AgreesAsync();
        return _nodes.Count - 1;
    }

    /// <summary>The node that has joined last goes, and is forgotten.</summary>
    public async Task LeaveAsync()
    {
        await AgreesAsync();
        var (node, id) = (_nodes[^1], _ids[^1]);
        _nodes.Remove(node);
        _ids.Remove(id);
        await node.DisposeAsync();
        foreach (var other in _nodes)
            await AskAsync(other, "FORGET", id);
    }

    /// <summary>Without what replicas have of it.</summary>
    public async Task<string[]> KeysOfMastersAsync(string prefix)
    {
        var keys = await Task.WhenAll(_nodes.Take(Masters).Select(node => node.KeysAsync(prefix)));
        return [.. keys.SelectMany(static found => found).Distinct()];
    }

    private static Task<RedisResult> AskAsync(RedisServer node, string subcommand, params object[] arguments) =>
        ServerOf(node).ExecuteAsync("CLUSTER", [subcommand, .. arguments]);

    private static async Task<string> IdOfAsync(RedisServer node) => (string)(await AskAsync(node, "MYID"))!;

    private static IServer ServerOf(RedisServer node) => node.Admin.GetServer(IPAddress.Loopback, node.Port);

    /// <summary>A node can be made a replica only once it has heard of its master.</summary>
    private static Task FollowAsync(RedisServer node, string master) => Eventually.True(
        async () =>
        {
            try
            {
                await AskAsync(node, "REPLICATE", master);
                return true;
            }
            catch (RedisServerException refused) when (refused.Message.Contains("Unknown node", StringComparison.Ordinal))
            {
                return false;
            }
        },
        Patience,
        "a replica to know its master");

    private async Task<bool> AllSay(Func<string, bool> expected)
    {
        foreach (var node in _nodes)
        {
            if (!expected((string)(await AskAsync(node, "INFO"))!))
                return false;
        }

        return true;
    }

    /// <summary>What all nodes say of all; null while they do not agree, or some do not work.</summary>
    private async Task<ClusterNode[]?> AgreedViewAsync()
    {
        if (!await AllSay(static text => text.Contains("cluster_state:ok", StringComparison.Ordinal)))
            return null;

        var views = await Task.WhenAll(_nodes.Select(ViewOfAsync));
        var isSettled = Array.TrueForAll(views, view => view.Length == _nodes.Count && Array.TrueForAll(view, static node => node.IsSettled))
            && views[0].Where(static node => !node.IsReplica).Select(static node => node.Epoch).Distinct().Count() == views[0].Count(static node => !node.IsReplica);
        return isSettled && Array.TrueForAll(views, view => view.Select(static node => node.Text).SequenceEqual(views[0].Select(static node => node.Text))) ? views[0] : null;
    }

    private static string[] Layout(ClusterNode[] view) => [.. view.Select(static node => node.Place)];

    private static async Task<ClusterNode[]> ViewOfAsync(RedisServer node) => ClusterNode.In((await ServerOf(node).ClusterNodesRawAsync())!);

    private static async Task<bool> IsInSyncAsync(RedisServer node) =>
        (await ServerOf(node).InfoRawAsync("replication"))!.Contains("master_link_status:up", StringComparison.Ordinal);
}
