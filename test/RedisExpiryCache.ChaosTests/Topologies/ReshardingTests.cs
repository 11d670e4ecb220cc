using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.ChaosTests.Staleness;
using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Slots move from master to master under traffic.</summary>
public sealed class ReshardingTests(ClusterOfSix cluster) : OneClusterTests(cluster)
{
    private const int SlotsToMove = 60;

    [Fact]
    public async Task No_answer_is_wrong_and_what_cannot_be_had_meanwhile_is_a_miss()
    {
        await using var traffic = new Traffic();
        await using var one = await StartAsync(traffic, prefix: null);
        await using var other = await StartAsync(traffic, one.Prefix);
        traffic.Begin([one, other]);
        await Eventually.True(() => traffic.Checker is { Hits: > 100, Acknowledged: > 20 }, TimeSpan.FromSeconds(60), "traffic");

        var moved = await MoveAsync(one.Prefix);
        Assert.InRange(moved.Count, 10, SlotsToMove);
        foreach (var (slot, from, to) in moved)
            await Cluster.MoveSlotAsync(slot, to, from);

        var hits = traffic.Checker.Hits;
        await Eventually.True(() => traffic.Checker.Hits > hits + 100, TimeSpan.FromSeconds(60), "hits afterwards");
        await traffic.StopAsync();
        Assert.Empty(traffic.Checker.FirstViolations);
        Assert.True(traffic.Checker.Acknowledged > traffic.Checker.RefusedEvictions, $"{traffic.Checker.RefusedEvictions} evictions were refused.");
        TestContext.Current.SendDiagnosticMessage(
            "{0} slots there and back: {1} requests, {2} hits, {3} evictions, {4} refused",
            moved.Count, traffic.Checker.Reads, traffic.Checker.Hits, traffic.Checker.Acknowledged, traffic.Checker.RefusedEvictions);
    }

    /// <summary>The slots of what is stored just now, each to the next master.</summary>
    private async Task<List<(int Slot, int From, int To)>> MoveAsync(string prefix)
    {
        var slots = (await Cluster.KeysOfMastersAsync(prefix)).Select(Cluster.SlotOf).Distinct().Take(SlotsToMove);
        var moved = new List<(int Slot, int From, int To)>();
        foreach (var slot in slots)
        {
            var from = ClusterOfSix.MasterAtFirst(slot);
            var to = (from + 1) % 3;
            await Cluster.MoveSlotAsync(slot, from, to);
            moved.Add((slot, from, to));
        }

        return moved;
    }

    private async Task<CachedApp> StartAsync(Traffic traffic, string? prefix)
    {
        var app = await CachedApp.StartAsync(Cluster.Nodes[0], traffic.Map, new AppSetup
        {
            Prefix = prefix,
            ConnectionString = Cluster.ConnectionString,
            Services = static services => services.Configure<LoggerFilterOptions>(static filter => filter.MinLevel = LogLevel.Warning),
        });
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        return app;
    }
}
