using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>Where the server, or the settings, do not let the near cache hear what changes, it is off, says so once, and everything else works.</summary>
public sealed class NearRefusalTests(GarnetFixture garnet, RedisFixture redis) : IClassFixture<GarnetFixture>
{
    private const int NearCacheOff = 59;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Garnet_has_no_client_tracking() => StaysOffAsync("no CLIENT TRACKING", options => options.Configuration = garnet.Host.ConnectionString);

    [Theory]
    [InlineData("CLIENT")]
    [InlineData("SUBSCRIBE")]
    public Task A_command_may_be_turned_off(string command) => StaysOffAsync("turn a command off", options =>
    {
        options.ConfigurationOptions = ConfigurationOptions.Parse(redis.Server.ConnectionString);
        options.ConfigurationOptions.CommandMap = CommandMap.Create([command], available: false);
    });

    [Fact]
    public async Task A_server_that_is_full_takes_no_heartbeats_and_the_near_cache_is_off_until_it_does()
    {
        await using var server = await RedisServer.StartAsync();
        await using var node = await NearNode.StartAsync(server.ConnectionString, "app:");
        await node.SetAsync("key", "value");
        await node.WarmAsync("key");
        var listener = await ListenerAsync(server);
        await server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Eventually.True(() => node.Log.Records.Any(static record => record.Event.Id == NearCacheOff), NearNode.Deadline, "it to be said");
        Assert.Contains("OOM", node.Cache.Connection.Feed!.DisabledReason, StringComparison.Ordinal);
        Assert.Equal("value", await node.GetAsync("key"));
        await server.Raw.KeyDeleteAsync("app:key");
        await server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await node.HearsAsync();
        Assert.Null(await node.GetAsync("key"));
        Assert.Equal(listener, await ListenerAsync(server));
        Assert.Single(node.Log.Records, static record => record.Event.Id == NearCacheOff);
    }

    private static async Task StaysOffAsync(string why, Action<RedisExpiringCacheOptions> configure)
    {
        var prefix = $"{Some.Word()}:";
        await using var one = NearNode.Connect("", prefix, configure);
        await using var other = NearNode.Connect("", prefix, configure);
        foreach (var node in (NearNode[])[one, other])
        {
            await CachedApp.ConnectAsync(node.Cache);
            await Eventually.True(() => node.Log.Records.Any(static record => record.Event.Id == NearCacheOff), NearNode.Deadline, "it to be said");
        }

        await one.SetAsync("key", "old");
        Assert.Equal("old", await other.GetAsync("key"));
        await one.SetAsync("key", "new");
        Assert.Equal("new", await other.GetAsync("key"));
        await one.Cache.RemoveAsync("key", Token);
        Assert.Null(await other.GetAsync("key"));
        await one.Cache.SetAsync("sliding", Some.Bytes(), Caches.Sliding(60), Token);
        Assert.NotNull(await other.Cache.GetAsync("sliding", Token));

        Assert.Equal((false, 0), (other.IsOn, other.NearHits));
        Assert.Contains(why, Assert.Single(other.Log.Records, static record => record.Event.Id == NearCacheOff).Message, StringComparison.Ordinal);
        Assert.Contains(why, other.Cache.Connection.Feed!.DisabledReason, StringComparison.Ordinal);
    }

    private static async Task<string> ListenerAsync(RedisServer server) =>
        ((string)(await server.Raw.ExecuteAsync("CLIENT", "LIST", "TYPE", "pubsub"))!).Split('\n').Single(static line => line.Contains("RedisExpiryCache-near", StringComparison.Ordinal)).Split(' ')[0];
}
