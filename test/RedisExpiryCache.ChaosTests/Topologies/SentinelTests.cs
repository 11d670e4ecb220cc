using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Three sentinels over a primary and two replicas.</summary>
public sealed class SentinelTests(SentinelTrio trio) : IClassFixture<SentinelTrio>, IAsyncLifetime
{
    private const int Rounds = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private enum Written
    {
        Here,
        Elsewhere,
        Refused,
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await trio.RestoreAsync();

    [Fact]
    public async Task Ten_times_the_primary_is_killed_and_writes_work_again()
    {
        var setup = new AppSetup { ConnectionString = trio.ConnectionString, Options = static options => options.OperationTimeout = TimeSpan.FromSeconds(2) };
        await using var one = await ResponseStory.StartAsync(trio.Servers[0], setup);
        await using var other = await ResponseStory.StartAsync(trio.Servers[0], setup with { Prefix = one.Prefix });
        for (var round = 1; round <= Rounds; round++)
        {
            var killed = await PrimaryAsync(notThis: null);
            var watch = Stopwatch.StartNew();
            await killed.KillAsync();
            Assert.Equal(200, (int)(await one.GetAsync($"/page/round-{round}")).Status);
            var primary = await PrimaryAsync(notThis: killed);
            foreach (var app in (CachedApp[])[one, other])
                await WritesToAsync(primary, app);

            TestContext.Current.SendDiagnosticMessage("Round {0}: writes work again after {1:0.0} s.", round, watch.Elapsed.TotalSeconds);
            await trio.HealAsync(killed, primary);
            await AfterFailover.ComesTrueAsync(async () =>
            {
                await ResponseStory.TellAsync(one, other);
                await DataStory.TellAsync(one.Services.GetRequiredService<IRedisExpiringCache>(), (await PrimaryAsync(notThis: null)).Raw, one.Prefix);
            });
        }
    }

    [Fact]
    public async Task A_primary_that_comes_back_and_still_thinks_it_is_one_is_not_written_to()
    {
        var setup = new AppSetup { ConnectionString = trio.ConnectionString, Options = static options => options.OperationTimeout = TimeSpan.FromSeconds(2) };
        await using var app = await ResponseStory.StartAsync(trio.Servers[0], setup);
        var killed = await PrimaryAsync(notThis: null);
        await killed.KillAsync();
        var primary = await PrimaryAsync(notThis: killed);
        await WritesToAsync(primary, app);

        // The sentinels take some ten seconds to make it a replica. One write may be under way when its connection is there again.
        await killed.RestartAsync();
        var elsewhere = 0;
        await Eventually.True(
            async () =>
            {
                elsewhere += await WriteAsync(primary, app) == Written.Elsewhere ? 1 : 0;
                return await SentinelTrio.IsReplicaAsync(killed);
            },
            Patience,
            "the sentinels to make the old primary a replica");
        Assert.InRange(elsewhere, 0, 1);
        await WritesToAsync(primary, app);
        await trio.HealAsync(killed, primary);
    }

    [Fact]
    public async Task A_near_cache_shows_nothing_old_for_long_when_the_primary_is_killed_and_comes_back_by_itself()
    {
        var prefix = $"{Some.Word()}:";
        await using var node = await NearNode.StartAsync(trio.ConnectionString, prefix, static options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        var killed = await PrimaryAsync(notThis: null);
        await node.SetAsync("key", "old");
        Assert.Equal("old", await node.WarmAsync("key"));
        await killed.KillAsync();
        var primary = await PrimaryAsync(notThis: killed);
        await Eventually.True(async () => !await SentinelTrio.IsReplicaAsync(primary), Patience, "the new primary to be one");
        await primary.Raw.KeyDeleteAsync(prefix + "key");
        var lastSeen = await IntegrationTests.Support.Staleness.LastSeenAsync(() => TryGetAsync(node), "old", @for: TimeSpan.FromSeconds(1.5));
        Assert.InRange(lastSeen, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await node.HearsAsync();
        await node.SetAsync("key", "new");
        Assert.Equal("new", await node.WarmAsync("key"));
        await trio.HealAsync(killed, primary);
    }

    private static async Task<string?> TryGetAsync(NearNode node)
    {
        try
        {
            return await node.GetAsync("key");
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<RedisServer> PrimaryAsync(RedisServer? notThis)
    {
        RedisServer? primary = null;
        await Eventually.True(async () => (primary = await trio.PrimaryAsync()) is not null && primary != notThis, Patience, "the sentinels to agree on a primary");
        await primary!.Admin.ConfigureAsync();
        return primary;
    }

    private static Task WritesToAsync(RedisServer primary, CachedApp app) =>
        Eventually.True(async () => await WriteAsync(primary, app) == Written.Here, Patience, "writes to reach the new primary");

    /// <summary>Not only accepted by somebody: it arrives where the sentinels say.</summary>
    private static async Task<Written> WriteAsync(RedisServer primary, CachedApp app)
    {
        var (cache, key) = (app.Services.GetRequiredService<IRedisExpiringCache>(), Some.Key());
        try
        {
            await cache.SetAsync(key, Some.Bytes(), Caches.Relative(60), TestContext.Current.CancellationToken);
            return await primary.Raw.KeyExistsAsync(app.Prefix + key) ? Written.Here : Written.Elsewhere;
        }
        catch (Exception refused) when (refused is RedisException or TimeoutException)
        {
            return Written.Refused;
        }
    }
}
