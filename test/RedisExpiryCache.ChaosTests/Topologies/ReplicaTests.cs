using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>A primary and a replica, both in the connection string. The replica may lag behind by as much as it likes: nobody reads from it.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private RedisServer _primary = null!;
    private RedisServer _replica = null!;
    private TcpProxy _replication = null!;
    private TcpProxy _ownWay = null!;

    public async ValueTask InitializeAsync()
    {
        _primary = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        _replication = TcpProxy.To(_primary.Port);
        _ownWay = TcpProxy.To(_primary.Port);
        _replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{_replication.Port}");
        await Eventually.True(IsInSyncAsync, Patience, "the replica to be in sync");
    }

    public async ValueTask DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _ownWay.DisposeAsync();
        await _replication.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Fact]
    public async Task The_data_cache_keeps_its_promises()
    {
        await using var cache = Caches.Connect($"{_primary.ConnectionString},{_replica.ConnectionString}", options => options.InstanceName = "data:");
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, _primary.Raw, "data:");
    }

    [Fact]
    public Task The_response_cache_keeps_its_promises() =>
        ResponseStory.TellAsync(_primary, new AppSetup { ConnectionString = $"{_replica.ConnectionString},{_primary.ConnectionString}" });

    [Fact]
    public async Task A_near_cache_hears_the_primary()
    {
        await using var node = await NearNode.StartAsync($"{_replica.ConnectionString},{_primary.ConnectionString}", "near:");
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.WarmAsync("key"));
        _replication.Freeze();
        await _primary.Raw.KeyDeleteAsync("near:key");
        await node.SeesAsync("key", null);
    }

    [Fact]
    public async Task A_node_that_cannot_reach_the_primary_does_without_rather_than_read_from_a_replica_that_lags()
    {
        await using var one = await StartAsync($"{_ownWay.ConnectionString},{_replica.ConnectionString}", "shop:");
        await using var other = await StartAsync(_primary.ConnectionString, "shop:");
        var data = one.Services.GetRequiredService<IRedisExpiringCache>();
        await data.SetAsync("key", Some.Bytes(), Caches.Relative(60), Token);
        var old = (await one.GetAsync("/page/1")).Body;
        Assert.Equal(old, (await one.GetAsync("/page/1")).Body);
        await Eventually.True(async () => await _replica.Raw.KeyExistsAsync("shop:key", CommandFlags.PreferReplica), Patience, "the replica to have it all");

        _replication.Freeze();
        _ownWay.Refuse = true;
        _ownWay.Cut();
        await other.Control.EvictByTagAsync("page:1", Token);
        await other.Services.GetRequiredService<IRedisExpiringCache>().RemoveAsync("key", Token);
        for (var i = 0; i < 20; i++)
        {
            var answer = await one.GetAsync("/page/1");
            Assert.Equal(200, (int)answer.Status);
            Assert.False(answer.IsHit, answer.CacheStatus);
            Assert.NotEqual(old, answer.Body);
            await Assert.ThrowsAnyAsync<RedisException>(async () => await data.GetAsync("key", Token));
        }

        _ownWay.Refuse = false;
        await Eventually.True(async () => (await one.GetAsync("/page/1")).IsHit, Patience, "hits to be back with the primary");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<CachedApp> StartAsync(string connectionString, string prefix) =>
        ResponseStory.StartAsync(_primary, new AppSetup { ConnectionString = connectionString, Prefix = prefix });

    private async Task<bool> IsInSyncAsync() =>
        (await _replica.Admin.GetServer("127.0.0.1", _replica.Port).InfoRawAsync("replication"))!.Contains("master_link_status:up", StringComparison.Ordinal);
}
