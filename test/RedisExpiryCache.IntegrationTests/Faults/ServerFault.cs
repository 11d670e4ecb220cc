using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>What happens to a real Redis.</summary>
public enum ServerFault
{
    Killed,
    Frozen,
    Paused,
    WritesPaused,
    BusyWithAScript,
    Loading,
    Full,
    AReplica,
    WithoutDel,
    AnotherPassword,
}

internal static class ServerFaults
{
    /// <summary>Nobody gets in without a password. Loading takes a second or more where there are many keys, and a dump that does not shrink lets Redis say so meanwhile.</summary>
    public static readonly string[] ServerArguments = ["--requirepass", "admin", "--key-load-delay", "100", "--rdbcompression", "no"];

    private const string Populate = "for i = 1, 8000 do redis.call('SET', 'filler:' .. i, string.rep('x', 1000)) end";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Whether it still answers reads.</summary>
    public static bool Reads(this ServerFault fault) =>
        fault is ServerFault.Full or ServerFault.AReplica or ServerFault.WithoutDel or ServerFault.WritesPaused;

    /// <summary>Whether it still deletes.</summary>
    public static bool Deletes(this ServerFault fault) => fault is ServerFault.Full;

    /// <summary>Whether it may be over before a test is done with it.</summary>
    public static bool Passes(this ServerFault fault) => fault is ServerFault.Loading or ServerFault.Paused;

    /// <summary>The user as whom the app comes.</summary>
    public static Task AddUserAsync(RedisServer server) => server.Raw.ExecuteAsync("ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all");

    /// <returns>What ends it.</returns>
    public static async Task<Func<Task>> BeginAsync(this ServerFault fault, RedisServer server)
    {
        switch (fault)
        {
            case ServerFault.Killed:
                await server.Raw.ExecuteAsync("SAVE");
                await server.KillAsync();
                return () => RestartAsync(server);
            case ServerFault.Loading:
                await server.Raw.ExecuteAsync("EVAL", Populate, "0");
                await server.Raw.ExecuteAsync("SAVE");
                await server.KillAsync();
                var restarting = RestartAsync(server);
                return () => restarting;
            case ServerFault.Frozen:
                server.Freeze();
                return () => Task.Run(server.Thaw);
            case ServerFault.Paused:
                // It ends by itself: nobody gets through to end it.
                await server.Raw.ExecuteAsync("CLIENT", "PAUSE", "4000", "ALL");
                return () => server.Raw.PingAsync();
            case ServerFault.BusyWithAScript:
                await server.Raw.ExecuteAsync("CONFIG", "SET", "lua-time-limit", "1");
                _ = server.Raw.ExecuteAsync("EVAL", "while true do end", "0").ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
                await Eventually.True(async () => (await AskAsync(server, "PING")).StartsWith("-BUSY", StringComparison.Ordinal), Patience, "Redis to be busy");
                return () => AskAsync(server, "SCRIPT KILL");
            default:
                var (begin, end) = CommandsOf(fault);
                foreach (var command in begin)
                    await server.Raw.ExecuteAsync(command[0], command[1..]);

                return () => server.Raw.ExecuteAsync(end[0], end[1..]);
        }
    }

    private static (string[][] Begin, string[] End) CommandsOf(ServerFault fault) => fault switch
    {
        ServerFault.WritesPaused => ([["CLIENT", "PAUSE", "600000", "WRITE"]], ["CLIENT", "UNPAUSE"]),
        ServerFault.Full => ([["CONFIG", "SET", "maxmemory", "1"]], ["CONFIG", "SET", "maxmemory", "0"]),
        ServerFault.AReplica => ([["REPLICAOF", "127.0.0.1", "1"]], ["REPLICAOF", "NO", "ONE"]),
        ServerFault.WithoutDel => ([["ACL", "SETUSER", "app", "-del"]], ["ACL", "SETUSER", "app", "+del"]),
        ServerFault.AnotherPassword => (
            [["ACL", "SETUSER", "app", "resetpass", ">another"], ["CLIENT", "KILL", "USER", "app"]],
            ["ACL", "SETUSER", "app", "resetpass", ">secret"]),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    private static async Task RestartAsync(RedisServer server)
    {
        await server.RestartAsync();
        await AddUserAsync(server);
    }

    /// <summary>On a connection of its own: the admin's waits behind what it was asked before.</summary>
    private static async Task<string> AskAsync(RedisServer server, string command)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var connection = await RawConnection.OpenAsync(server.Port, server.Password, patience.Token);
        return await connection.AskAsync(command, patience.Token);
    }
}
