using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Three sentinels over a primary and two replicas.</summary>
public sealed class SentinelTests(SentinelTrio trio) : IClassFixture<SentinelTrio>
{
    private const int Rounds = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private enum Written
    {
        Here,
        Elsewhere,
        Refused,
    }

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
