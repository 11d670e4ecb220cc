using System.Net.Sockets;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Support;

/// <summary>A primary, two replicas, and three sentinels that watch them.</summary>
public sealed class SentinelTrio : IAsyncLifetime
{
    private const string Service = "shop";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<RedisServer> _servers = [];
    private readonly List<Sentinel> _sentinels = [];

    public IReadOnlyList<RedisServer> Servers => _servers;

    public string ConnectionString => $"{string.Join(',', _sentinels.Select(static one => $"127.0.0.1:{one.Port}"))},serviceName={Service}";

    public async ValueTask InitializeAsync()
    {
        _servers.Add(await RedisServer.StartAsync("--repl-diskless-sync-delay", "0"));
        for (var i = 0; i < 2; i++)
            _servers.Add(await RedisServer.StartAsync("--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", $"{_servers[0].Port}"));

        await Eventually.True(async () => (await Task.WhenAll(_servers.Skip(1).Select(IsInSyncAsync))).All(static yes => yes), Patience, "replicas in sync");
        for (var i = 0; i < 3; i++)
            _sentinels.Add(await Sentinel.StartAsync(Service, _servers[0].Port));

        await Eventually.True(KnowEachOtherAsync, Patience, "sentinels that know each other and the replicas");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in _sentinels)
            await sentinel.DisposeAsync();

        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    /// <summary>The primary, by the word of every sentinel; null while they do not agree.</summary>
    public async Task<RedisServer?> PrimaryAsync()
    {
        int[] ports = [];
        var haveAnswered = await SucceedsAsync(async () => ports = await Task.WhenAll(_sentinels.Select(static one => one.PrimaryPortAsync())));
        return haveAnswered && ports.Distinct().Count() == 1 ? _servers.Single(server => server.Port == ports[0]) : null;
    }

    /// <summary>Brings a killed server back as a replica of the primary, as its rewritten configuration file would, and waits until both replicas have all.</summary>
    public async Task HealAsync(RedisServer killed, RedisServer primary)
    {
        await killed.RestartAsync();
        foreach (var server in _servers.Where(server => server != primary))
            await Eventually.True(() => SucceedsAsync(() => server.Admin.GetServer("127.0.0.1", server.Port).ExecuteAsync("REPLICAOF", "127.0.0.1", primary.Port)), Patience, "a replica to be told so");

        await Eventually.True(
            async () => (await Task.WhenAll(_servers.Where(server => server != primary).Select(IsInSyncAsync))).All(static yes => yes), Patience, "replicas in sync again");
        await Eventually.True(KnowEachOtherAsync, Patience, "sentinels that see two good replicas");
    }

    /// <summary>Brings back what a test that failed half-way has left dead.</summary>
    public async Task RestoreAsync()
    {
        foreach (var dead in _servers.Where(static server => !server.IsRunning).ToArray())
        {
            RedisServer? primary = null;
            await Eventually.True(async () => (primary = await PrimaryAsync()) is { IsRunning: true }, Patience, "a primary that lives");
            await HealAsync(dead, primary!);
        }
    }

    public static Task<bool> IsReplicaAsync(RedisServer server) => SaysAsync(server, "role:slave");

    private async Task<bool> KnowEachOtherAsync()
    {
        foreach (var sentinel in _sentinels)
        {
            var isReady = false;
            if (!await SucceedsAsync(async () => isReady = await sentinel.IsReadyAsync()) || !isReady)
                return false;
        }

        return true;
    }

    private static Task<bool> IsInSyncAsync(RedisServer server) => SaysAsync(server, "master_link_status:up");

    private static async Task<bool> SaysAsync(RedisServer server, string what)
    {
        string? about = null;
        return await SucceedsAsync(async () => about = await server.Admin.GetServer("127.0.0.1", server.Port).InfoRawAsync("replication"))
            && about!.Contains(what, StringComparison.Ordinal);
    }

    /// <summary>False where it is to be tried again: a server that a sentinel reconfigures is told to hang up on all of its clients, these tests among them.</summary>
    private static async Task<bool> SucceedsAsync(Func<Task> ask)
    {
        try
        {
            await ask();
            return true;
        }
        catch (Exception hungUp) when (hungUp is RedisException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>One sentinel process.</summary>
    private sealed class Sentinel : IAsyncDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("redis-expiry-cache-").FullName;
        private readonly ServerProcess _process;
        private readonly string _service;

        private Sentinel(string service, int primaryPort)
        {
            _service = service;
            Port = FreePort.Next();
            var configuration = Path.Combine(_directory, "sentinel.conf");
            File.WriteAllText(configuration, $"""
                port {Port}
                bind 127.0.0.1
                dir {_directory}
                logfile {Path.Combine(_directory, "sentinel.log")}
                sentinel monitor {service} 127.0.0.1 {primaryPort} 2
                sentinel down-after-milliseconds {service} 1500
                sentinel failover-timeout {service} 3000
                sentinel parallel-syncs {service} 2

                """);
            _process = ServerProcess.Start(RedisBinary.Find(), [configuration, "--sentinel"], _directory);
        }

        public int Port { get; }

        public static async Task<Sentinel> StartAsync(string service, int primaryPort)
        {
            for (var attempt = 1; ; attempt++)
            {
                var sentinel = new Sentinel(service, primaryPort);
                await Eventually.True(async () => sentinel._process.HasExited || await sentinel.SaysAsync("PING") == "+PONG", Patience, "a sentinel to answer");
                if (!sentinel._process.HasExited)
                    return sentinel;

                var log = Path.Combine(sentinel._directory, "sentinel.log");
                var reason = File.Exists(log) ? await File.ReadAllTextAsync(log) : "no log";
                await sentinel.DisposeAsync();
                Assert.True(attempt < 5, reason);
            }
        }

        public async Task<int> PrimaryPortAsync()
        {
            await using var asked = await ConnectAsync();
            var address = (RedisValue[])(await asked.GetServer("127.0.0.1", Port).ExecuteAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", _service))!;
            return (int)address[1];
        }

        public async Task<bool> IsReadyAsync()
        {
            await using var asked = await ConnectAsync();
            var server = asked.GetServer("127.0.0.1", Port);
            var about = (await server.SentinelMasterAsync(_service)).ToDictionary();
            var replicas = await server.SentinelGetReplicaAddressesAsync(_service);
            return about["flags"] == "master" && about["num-other-sentinels"] == "2" && replicas.Length == 2;
        }

        public async ValueTask DisposeAsync()
        {
            await _process.KillAsync();
            _process.Dispose();
            Directory.Delete(_directory, recursive: true);
        }

        private async Task<string?> SaysAsync(string command)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
            try
            {
                using var connection = await RawConnection.OpenAsync(Port, password: null, patience.Token);
                return await connection.AskAsync(command, patience.Token);
            }
            catch (Exception silent) when (silent is SocketException or IOException or OperationCanceledException)
            {
                return null;
            }
        }

        private async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.SentinelConnectAsync(
            new ConfigurationOptions { EndPoints = { $"127.0.0.1:{Port}" }, AbortOnConnectFail = false, ConnectTimeout = 20_000, AsyncTimeout = 20_000 });
    }
}
