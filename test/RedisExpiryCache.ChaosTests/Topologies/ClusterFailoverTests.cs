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
}
