using System.Collections.Concurrent;
using System.Diagnostics;
using RedisExpiryCache.ChaosTests.Crashes;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>One after the other what breaks the server, and beside it what breaks the network of one node.</summary>
internal static class RandomFaults
{
    /// <summary>So many kinds have to strike, however long that takes a busy machine.</summary>
    public const int LeastKinds = 4;

    private static readonly Fault[] OfTheNetwork =
        [Fault.Latency, Fault.FrozenNetwork, Fault.Reset, Fault.Refused, Fault.CutToServer, Fault.CutToClient, Fault.ByteByByte];

    private static readonly Fault[] OfTheServer = [.. Enum.GetValues<Fault>().Except(OfTheNetwork)];

    /// <summary>One world, from its beginning to its end; the checker knows how it went.</summary>
    public static async Task<StaleChecker> RunAsync(TimeSpan atLeast, ConcurrentDictionary<Fault, int> struck)
    {
        await using var world = await ChaosWorld.StartAsync();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            RepeatAsync(IsOver, () => StrikeAsync(world, Any(OfTheServer), world.Networks[0], struck)),
            RepeatAsync(IsOver, () => StrikeAsync(world, Any(OfTheNetwork), world.Networks[0], struck)),
            RepeatAsync(IsOver, () => StrikeAsync(world, Any(OfTheNetwork), world.Networks[1], struck)));
        await world.ServesHitsAgainAsync(TimeSpan.FromSeconds(90));
        await world.StopAsync();
        foreach (var wrong in await ExpiryAudit.FindAsync(world.Server, ChaosWorld.Prefix, longest: TimeSpan.FromSeconds(60)))
            world.Checker.Violated(wrong);

        return world.Checker;

        bool IsOver() => watch.Elapsed >= atLeast && struck.Count >= LeastKinds;
    }

    private static async Task RepeatAsync(Func<bool> isOver, Func<Task> act)
    {
        while (!isOver())
        {
            await act();
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(2500)), TimeProvider.System);
        }
    }

    private static async Task StrikeAsync(ChaosWorld world, Fault fault, TcpProxy network, ConcurrentDictionary<Fault, int> struck)
    {
        await world.StrikeAsync(fault, network, TimeSpan.FromMilliseconds(Random.Shared.Next(900)));
        struck.AddOrUpdate(fault, 1, static (_, times) => times + 1);
    }

    private static Fault Any(Fault[] choices) => choices[Random.Shared.Next(choices.Length)];
}
