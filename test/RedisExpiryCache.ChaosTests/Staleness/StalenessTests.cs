using System.Collections.Concurrent;
using RedisExpiryCache.ChaosTests.Crashes;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>Whatever breaks: every request is answered, with what was made for it, and nothing that an acknowledged eviction has done away with.</summary>
public sealed class StalenessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Nothing_stale_is_served(Fault fault)
    {
        await using var world = await ChaosWorld.StartAsync();
        await world.ServesHitsAgainAsync(Patience);
        foreach (var network in world.Networks)
        {
            await world.StrikeAsync(fault, network, hold: TimeSpan.FromMilliseconds(700));
            await world.ServesHitsAgainAsync(Patience);
        }

        await world.StopAsync();
        TestContext.Current.SendDiagnosticMessage(
            "{0}: {1} requests, {2} hits, {3} evictions, {4} refused", fault, world.Checker.Reads, world.Checker.Hits, world.Checker.Acknowledged, world.Checker.RefusedEvictions);
        Assert.Empty(world.Checker.FirstViolations);
        Assert.True(world.Checker is { Reads: > 0, Hits: > 0, Acknowledged: > 0 }, "Nothing happened.");
        Assert.Empty(await ExpiryAudit.FindAsync(world.Server, ChaosWorld.Prefix, longest: TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Nor_when_many_things_break_at_once()
    {
        var struck = new ConcurrentDictionary<Fault, int>();
        var checker = await RandomFaults.RunAsync(TimeSpan.FromSeconds(15), struck);
        Assert.Empty(checker.FirstViolations);
        Assert.True(checker is { Reads: > 0, Hits: > 0, Acknowledged: > 0 } && struck.Count >= RandomFaults.LeastKinds, "Nothing happened.");
    }
}
