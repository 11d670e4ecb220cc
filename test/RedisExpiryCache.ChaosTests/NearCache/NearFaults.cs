using System.Collections.Concurrent;
using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>One after the other what breaks the server or its connections; beside it, what breaks each process or its network.</summary>
internal sealed class NearFaults(RedisServer server, IReadOnlyList<NearProcess> processes)
{
    private static readonly NearFault[] OfTheServer = [NearFault.KilledClients, NearFault.KilledListeners, NearFault.KilledFeed, NearFault.KilledFeed, NearFault.FrozenServer];
    private static readonly NearFault[] OfAProcess = [.. Enum.GetValues<NearFault>().Except(OfTheServer)];

    private readonly ConcurrentDictionary<NearFault, int> _struck = new();

    public IReadOnlyDictionary<NearFault, int> Struck => _struck;

    public Task StrikeForAsync(TimeSpan time) => Task.WhenAll(
        [RepeatAsync(time, () => StrikeAsync(Any(OfTheServer))), .. processes.Select(process => RepeatAsync(time, () => StrikeAsync(Any(OfAProcess), process)))]);

    private static async Task RepeatAsync(TimeSpan time, Func<Task> act)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            await PauseAsync(Random.Shared.Next(500, 4000));
            await act();
        }
    }

    private async Task StrikeAsync(NearFault fault)
    {
        switch (fault)
        {
            case NearFault.KilledClients:
                await AskAsync("CLIENT KILL TYPE normal");
                break;
            case NearFault.KilledListeners:
                await AskAsync("CLIENT KILL TYPE pubsub");
                break;
            case NearFault.KilledFeed:
                var feeds = (await AskAsync("CLIENT LIST")).Split('\n').Where(static line => line.Contains(" name=RedisExpiryCache-near-", StringComparison.Ordinal));
                if (feeds.ToArray() is { Length: > 0 } known)
                    await AskAsync($"CLIENT KILL ID {Any(known).Split(' ')[0]["id=".Length..]}");

                break;
            case NearFault.FrozenServer:
                server.Freeze();
                await PauseAsync(Random.Shared.Next(100, 2000));
                server.Thaw();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "It is not the server's.");
        }

        Count(fault);
    }

    private async Task StrikeAsync(NearFault fault, NearProcess process)
    {
        var hold = Random.Shared.Next(100, 2000);
        switch (fault)
        {
            case NearFault.FrozenProcess:
                await process.NapAsync(TimeSpan.FromMilliseconds(hold));
                break;
            case NearFault.FrozenNetwork:
                process.Network.Freeze();
                await PauseAsync(hold);
                process.Network.Thaw();
                break;
            case NearFault.CutNetwork:
                process.Network.Cut();
                break;
            case NearFault.StrandedNetwork:
                process.Network.Strand();
                break;
            case NearFault.SlowNetwork:
                process.Network.Delay = TimeSpan.FromMilliseconds(40);
                await PauseAsync(hold);
                process.Network.Delay = TimeSpan.Zero;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "It is no process's.");
        }

        Count(fault);
    }

    private void Count(NearFault fault) => _struck.AddOrUpdate(fault, 1, static (_, times) => times + 1);

    private async Task<string> AskAsync(string command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var connection = await RawConnection.OpenAsync(server.Port, password: null, patience.Token);
        return await connection.AskAsync(command, patience.Token);
    }

    private static Task PauseAsync(int ms) => Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System);

    private static T Any<T>(T[] choices) => choices[Random.Shared.Next(choices.Length)];
}
