using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>A master of a cluster is killed, and its replica takes over.</summary>
public sealed class ClusterFailoverTests(ClusterThatFailsOver fixture) : IClassFixture<ClusterThatFailsOver>
{
    private readonly ClusterOfSix cluster = fixture.Cluster;

    [Fact]
    public async Task The_app_answers_all_the_time_and_both_caches_keep_their_promises_again()
    {
        var setup = new AppSetup { ConnectionString = cluster.ConnectionString, Options = static options => options.OperationTimeout = TimeSpan.FromSeconds(1) };
        await using var one = await ResponseStory.StartAsync(cluster.Nodes[0], setup);
        await using var other = await ResponseStory.StartAsync(cluster.Nodes[0], setup with { Prefix = one.Prefix });
        await AfterFailover.ComesTrueAsync(() => ResponseStory.TellAsync(one, other));

        // Not the one whose connection the test itself goes by.
        await cluster.Nodes[2].KillAsync();
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (int)(await one.GetAsync($"/page/{i}")).Status);

        await AfterFailover.ComesTrueAsync(async () =>
        {
            await ResponseStory.TellAsync(one, other);
            await DataStory.TellAsync(one.Services.GetRequiredService<IRedisExpiringCache>(), cluster.Raw, one.Prefix);
        });
    }

    [Fact]
    public async Task A_near_cache_shows_nothing_old_for_long_and_comes_back_by_itself()
    {
        // The second master hands over to its replica, which is killed then: the second master is one again.
        var prefix = $"{Some.Word()}:";
        var key = Enumerable.Range(0, 100).Select(static i => $"{i}").First(key => ClusterOfSix.MasterAtFirst(cluster.SlotOf(prefix + key)) == 1);
        await using var node = await NearNode.StartAsync(cluster.ConnectionString, prefix, static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        foreach (var (isKilled, next) in ((bool, int)[])[(false, 4), (true, 1)])
        {
            await AfterFailover.ComesTrueAsync(async () =>
            {
                await node.SetAsync(key, "old");
                Assert.Equal("old", await node.WarmAsync(key));
            });
            await (isKilled ? cluster.Nodes[4].KillAsync() : cluster.FailoverAsync(next));
            await Eventually.True(() => SetAsync(next, prefix + key), NearNode.Deadline, "the new master to take writes");
            var lastSeen = await IntegrationTests.Support.Staleness.LastSeenAsync(() => TryGetAsync(node, key), "old", @for: TimeSpan.FromSeconds(1.5));
            Assert.InRange(lastSeen, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            await node.HearsAsync();
        }
    }

    private async Task<bool> SetAsync(int node, string key)
    {
        using var connection = await RawConnection.OpenAsync(cluster.Nodes[node].Port, password: null, TestContext.Current.CancellationToken);
        return await connection.AskAsync($"SET {key} changed", TestContext.Current.CancellationToken) == "+OK";
    }

    private static async Task<string?> TryGetAsync(NearNode node, string key)
    {
        try
        {
            return await node.GetAsync(key);
        }
        catch (Exception failure) when (failure is StackExchange.Redis.RedisException or TimeoutException)
        {
            return null;
        }
    }
}
