using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// A redis-server of the test's own, on a free loopback port and in a directory of its own. It never outlives the test run.
/// </summary>
public sealed class RedisServer : CacheServer, IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string _binary;
    private readonly string[] _extraArguments;
    private readonly string _log;
    private ServerProcess? _process;
    private ConnectionMultiplexer? _admin;

    private RedisServer(string binary, string[] extraArguments)
    {
        _binary = binary;
        _extraArguments = extraArguments;
        Port = FreePort.Next();
        DataDirectory = Directory.CreateTempSubdirectory("redis-expiry-cache-").FullName;
        _log = Path.Combine(DataDirectory, "redis.log");
    }

    public int Port { get; }

    public override string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>Changes with every restart.</summary>
    public int Pid => Running.Pid;

    public override bool IsRunning => _process is { HasExited: false };

    public string DataDirectory { get; }

    /// <summary>May use every command. It stays usable across restarts, and sends nothing that it was not asked to send.</summary>
    public ConnectionMultiplexer Admin => _admin ?? throw new InvalidOperationException("The server was not started.");

    public override IDatabase Raw => Admin.GetDatabase();

    /// <summary>The value of --requirepass, if that was among the arguments.</summary>
    internal string? Password =>
        Array.IndexOf(_extraArguments, "--requirepass") is >= 0 and var at ? _extraArguments[at + 1] : null;

    private ServerProcess Running => _process ?? throw new InvalidOperationException("The server was not started.");

    /// <param name="extraArguments">As on the command line, such as "--maxmemory", "20mb"; they win over the defaults.</param>
    /// <exception cref="InvalidOperationException">No redis-server, or it would not start; the message says which.</exception>
    public static async Task<RedisServer> StartAsync(params string[] extraArguments)
    {
        var binary = RedisBinary.Find();
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            var server = new RedisServer(binary, extraArguments);
            try
            {
                if (await server.LaunchAsync())
                {
                    await server.ConnectAsync();
                    return server;
                }
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }

            await server.DisposeAsync();
        }

        throw new InvalidOperationException("Five free ports in a row were taken before redis-server could bind them.");
    }

    /// <summary>SIGKILL, then waits for the end: nothing is saved, nobody is told.</summary>
    public Task KillAsync() => Running.KillAsync();

    /// <summary>SIGTERM, then waits for the end: Redis' own orderly shutdown.</summary>
    public Task StopAsync() => Running.StopAsync();

    /// <summary>Same port, same directory, same arguments; stops the server first if it runs.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        if (!await LaunchAsync())
        {
            throw new InvalidOperationException($"Port {Port} was taken while the server was away.");
        }

        await Eventually.True(AdminIsBackAsync, StartTime, "the admin connection to be back after a restart");
    }

    /// <summary>SIGSTOP: connections stay open and new ones are accepted by the system, but nothing is answered.</summary>
    public void Freeze() => Running.Freeze();

    public void Thaw() => Running.Thaw();

    /// <summary>Calls of one command since the last reset, those from scripts included. Other tests on a shared server count too.</summary>
    public async Task<long> CommandCountAsync(string command) =>
        (await CommandCountsAsync()).GetValueOrDefault(command.ToLowerInvariant());

    /// <summary>Calls by command in lower case, such as "get" or "config|resetstat".</summary>
    public async Task<Dictionary<string, long>> CommandCountsAsync()
    {
        var stats = await AdminServer.InfoRawAsync("commandstats") ?? "";
        return stats.Split("\r\n").Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal)).ToDictionary(Name, Calls);

        static string Name(string line) => line["cmdstat_".Length..line.IndexOf(':')].ToLowerInvariant();

        static long Calls(string line)
        {
            var start = line.IndexOf("calls=", StringComparison.Ordinal) + "calls=".Length;
            return long.Parse(line.AsSpan(start, line.IndexOf(',', start) - start), CultureInfo.InvariantCulture);
        }
    }

    public Task ResetCommandCountsAsync() => AdminServer.ConfigResetStatisticsAsync();

    public override async Task<string[]> KeysAsync(string prefix)
    {
        var keys = new List<string>();
        await foreach (var key in AdminServer.KeysAsync(pattern: $"{prefix}*", pageSize: 1000))
        {
            keys.Add(key.ToString());
        }

        return [.. keys];
    }

    /// <summary>Records every command that the server executes from now on.</summary>
    public Task<CommandLog> MonitorAsync() => CommandLog.OpenAsync(Port, Password);

    public async ValueTask DisposeAsync()
    {
        // First: while a server hangs, its clients would wait for what they have asked of it.
        if (_process is not null)
        {
            await _process.KillAsync();
            _process.Dispose();
        }

        if (_admin is not null)
        {
            await _admin.DisposeAsync();
        }

        Directory.Delete(DataDirectory, recursive: true);
    }

    private IServer AdminServer => Admin.GetServer("127.0.0.1", Port);

    /// <returns>False when somebody else had the port.</returns>
    private async Task<bool> LaunchAsync()
    {
        _process?.Dispose();
        File.Delete(_log);
        string[] arguments =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", DataDirectory, "--logfile", _log,
            "--save", "", "--appendonly", "no", .. _extraArguments,
        ];
        _process = ServerProcess.Start(_binary, arguments, DataDirectory);

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < StartTime)
        {
            if (_process.HasExited)
            {
                return IsPortTaken() ? false : throw Failed($"exited with {_process.ExitCode}: {_process.Errors}");
            }

            if (await AnswersAsync())
            {
                return true;
            }

            await Task.Delay(Pause, TimeProvider.System);
        }

        throw Failed($"did not answer within {StartTime}");
    }

    /// <summary>Whether this very process answers, and not another server that took the port first.</summary>
    private async Task<bool> AnswersAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            using var connection = await RawConnection.OpenAsync(Port, Password, patience.Token);
            return await connection.AskAsync("PING", patience.Token) == "+PONG"
                && (await connection.AskAsync("INFO server", patience.Token)).Contains($"process_id:{Pid}\r\n", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ConnectAsync()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { ConnectionString },
            Password = Password,
            AllowAdmin = true,
            AbortOnConnectFail = false,
            // A busy machine may take its time.
            AsyncTimeout = 30_000,
            SyncTimeout = 30_000,
            // Back soon after a restart.
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
            ReconnectRetryPolicy = new LinearRetry(100),
            // Nothing of its own in the counts and in the log of commands.
            TieBreaker = "",
            ConfigurationChannel = "",
            KeepAlive = 3600,
        };
        _admin = await ConnectionMultiplexer.ConnectAsync(options);
    }

    private async Task<bool> AdminIsBackAsync()
    {
        try
        {
            await Raw.PingAsync();
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private bool IsPortTaken() => Log().Contains("Address already in use", StringComparison.Ordinal);

    private InvalidOperationException Failed(string how) =>
        new($"redis-server on port {Port} {how}. It logged:{Environment.NewLine}{Log()}");

    private string Log() => File.Exists(_log) ? File.ReadAllText(_log) : "nothing";
}
