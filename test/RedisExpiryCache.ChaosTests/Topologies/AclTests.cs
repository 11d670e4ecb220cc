using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>A Redis user who may do what docs/operations.md says to keys under the prefix, and nothing else, is enough.</summary>
[Collection(OneCluster.Name)]
public sealed class AclTests(ClusterOfSix cluster)
{
    [Fact]
    public async Task On_one_server()
    {
        await using var server = await RedisServer.StartAsync();
        await DocumentedUser.AddAsync(server);
        await TellAllAsync(server, server.ConnectionString);
    }

    [Fact]
    public async Task On_a_cluster()
    {
        foreach (var node in cluster.Nodes)
            await DocumentedUser.AddAsync(node);

        await TellAllAsync(cluster.Nodes[0], cluster.ConnectionString);
    }

    [Fact]
    public async Task What_lies_outside_of_the_prefix_is_refused()
    {
        await using var server = await RedisServer.StartAsync();
        await DocumentedUser.AddAsync(server);
        await using var cache = Caches.Connect(server.ConnectionString + DocumentedUser.Credentials, static options => options.InstanceName = "other:");
        var refused = await Assert.ThrowsAsync<StackExchange.Redis.RedisServerException>(
            async () => await cache.SetAsync("key", Some.Bytes(), Caches.Relative(60), TestContext.Current.CancellationToken));
        Assert.StartsWith("NOPERM", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_pages_that_have_the_line_have_the_same() =>
        Assert.Equal(DocumentedUser.LineIn("data-cache.md"), DocumentedUser.Line);

    private static async Task TellAllAsync(RedisServer server, string connectionString)
    {
        foreach (var format in Enum.GetValues<EntryFormat>())
        {
            var setup = new AppSetup
            {
                Prefix = DocumentedUser.Prefix,
                ConnectionString = connectionString + DocumentedUser.Credentials,
                Options = options => options.EntryFormat = format,
            };
            await using var app = await ResponseStory.StartAsync(server, setup);
            await DataStory.TellAsync(app.Services.GetRequiredService<IRedisExpiringCache>(), server.Raw, app.Prefix);
            await ResponseStory.TellAsync(server, setup);
            Assert.DoesNotContain(app.Logs, record => $"{record.Message}{record.Exception}".Contains("NOPERM", StringComparison.Ordinal));
        }
    }
}
