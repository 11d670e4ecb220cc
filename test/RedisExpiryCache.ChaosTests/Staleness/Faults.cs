using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>Makes each <see cref="Fault"/> happen, for a while, and ends it.</summary>
internal static class Faults
{
    public static async Task StrikeAsync(this ChaosWorld world, Fault fault, TcpProxy network, TimeSpan hold)
    {
        await BeginAsync(world, fault, network);
        await Task.Delay(hold, TimeProvider.System);
        await EndAsync(world, fault, network);
    }

    private static async Task BeginAsync(ChaosWorld world, Fault fault, TcpProxy network)
    {
        switch (fault)
        {
            case Fault.None:
                break;
            case Fault.Latency:
                network.Delay = TimeSpan.FromMilliseconds(40);
                break;
            case Fault.FrozenNetwork:
                network.Freeze();
                break;
            case Fault.Reset:
                network.Cut();
                break;
            case Fault.Refused:
                network.Refuse = true;
                network.Cut();
                break;
            case Fault.CutToServer or Fault.CutToClient:
                network.CutAfter = new CutPoint(fault == Fault.CutToServer, Random.Shared.Next(2000, 30_000));
                network.Cut();
                break;
            case Fault.ByteByByte:
                network.ByteByByte = true;
                break;
            case Fault.FrozenServer:
                world.Server.Freeze();
                break;
            case Fault.KilledServer:
                await world.Server.KillAsync();
                break;
            default:
                await CommandAsync(world, fault);
                break;
        }
    }

    private static async Task CommandAsync(ChaosWorld world, Fault fault)
    {
        switch (fault)
        {
            case Fault.EmptiedServer:
                await AskAsync(world, "FLUSHALL");
                await world.Server.RestartAsync();
                break;
            case Fault.PausedClients:
                await AskAsync(world, "CLIENT", "PAUSE", "700");
                break;
            case Fault.KilledClients:
                await AskAsync(world, "CLIENT", "KILL", "TYPE", "normal");
                break;
            case Fault.OutOfMemory:
                await AskAsync(world, "CONFIG", "SET", "maxmemory-policy", "noeviction");
                await AskAsync(world, "CONFIG", "SET", "maxmemory", "1");
                break;
            case Fault.KeysEvicted:
                await AskAsync(world, "CONFIG", "SET", "maxmemory-policy", "allkeys-random");
                await AskAsync(world, "CONFIG", "SET", "maxmemory", $"{await UsedMemoryAsync(world) - 2000}");
                break;
            case Fault.ReadOnly:
                await AskAsync(world, "REPLICAOF", "127.0.0.1", $"{FreePort.Next()}");
                break;
            case Fault.Flushed:
                await AskAsync(world, "FLUSHALL");
                break;
            case Fault.ScriptsForgotten:
                await AskAsync(world, "SCRIPT", "FLUSH");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "Nobody knows how to make it happen.");
        }
    }

    private static async Task EndAsync(ChaosWorld world, Fault fault, TcpProxy network)
    {
        // This fault and no other: another one may strike the same network.
        switch (fault)
        {
            case Fault.Latency:
                network.Delay = TimeSpan.Zero;
                break;
            case Fault.FrozenNetwork:
                network.Thaw();
                break;
            case Fault.Refused:
                network.Refuse = false;
                break;
            case Fault.CutToServer or Fault.CutToClient:
                network.CutAfter = null;
                break;
            case Fault.ByteByByte:
                network.ByteByByte = false;
                break;
            case Fault.FrozenServer:
                world.Server.Thaw();
                break;
            case Fault.KilledServer:
                await world.Server.RestartAsync();
                break;
            case Fault.OutOfMemory or Fault.KeysEvicted:
                await AskAsync(world, "CONFIG", "SET", "maxmemory", "0");
                break;
            case Fault.ReadOnly:
                await AskAsync(world, "REPLICAOF", "NO", "ONE");
                break;
        }
    }

    /// <summary>Over a plain connection, which has no opinion on whether the server can be written to.</summary>
    private static async Task AskAsync(ChaosWorld world, params string[] command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var connection = await RawConnection.OpenAsync(world.Server.Port, password: null, patience.Token);
        var reply = await connection.AskAsync(string.Join(' ', command), patience.Token);
        if (reply.StartsWith('-'))
            throw new InvalidOperationException($"{string.Join(' ', command)}: {reply}");
    }

    private static async Task<long> UsedMemoryAsync(ChaosWorld world)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var connection = await RawConnection.OpenAsync(world.Server.Port, password: null, patience.Token);
        var about = await connection.AskAsync("INFO memory", patience.Token);
        return long.Parse(about.Split("\r\n").Single(static line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1], null);
    }
}
