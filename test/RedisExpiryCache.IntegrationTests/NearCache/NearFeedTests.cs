using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>
/// What happens to copies when Redis is not heard: whatever breaks, none is out of date for longer than a second, and the near cache comes back by itself.
/// </summary>
public sealed class NearFeedTests : IAsyncLifetime
{
    /// <summary>What the README promises.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private RedisServer? _server;

    private RedisServer Server => _server!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    public enum Loss
    {
        ListenerKilled,
        AskerKilled,
        AllKilled,
        BufferOverflow,
        Restart,
    }

    [Theory]
    [InlineData(Loss.ListenerKilled)]
    [InlineData(Loss.AskerKilled)]
    [InlineData(Loss.AllKilled)]
    [InlineData(Loss.BufferOverflow)]
    [InlineData(Loss.Restart)]
    public async Task A_feed_that_is_lost_is_noticed_and_comes_back_by_itself(Loss loss)
    {
        await using var node = await NearNode.StartAsync(Server.ConnectionString, "app:");
        for (var round = 0; round < 2; round++)
        {
            await node.SetAsync("key", $"old {round}");
            await node.WarmAsync("key");
            await MakeAsync(loss);
            await Server.Raw.KeyDeleteAsync("app:key");
            var lastSeen = await Staleness.LastSeenAsync(() => TryGetAsync(node), $"old {round}", @for: TimeSpan.FromSeconds(1.2));
            Assert.True(lastSeen <= Bound, $"An old value was seen {lastSeen} after the change.");
            await CachedApp.ConnectAsync(node.Cache);
            await node.HearsAsync();
        }

        await node.SetAsync("key", "new");
        Assert.Equal("new", await node.WarmAsync("key"));
    }

    public enum Silence
    {
        /// <summary>Nothing arrives any more.</summary>
        Frozen,

        /// <summary>What there was of connections is dead without a sign; new ones are fine.</summary>
        Stranded,

        /// <summary>Only what the server says of its own accord is missing, as after CLIENT TRACKING OFF.</summary>
        NothingTold,
    }

    [Theory]
    [InlineData(Silence.Frozen)]
    [InlineData(Silence.Stranded)]
    [InlineData(Silence.NothingTold)]
    public async Task A_feed_that_falls_silent_is_not_believed_for_long(Silence silence)
    {
        await using var network = TcpProxy.To(Server.Port);
        await using var node = await NearNode.StartAsync(network.ConnectionString, "app:", static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        await node.SetAsync("key", "old");
        await node.WarmAsync("key");

        if (silence == Silence.Frozen)
            network.Freeze();
        else if (silence == Silence.Stranded)
            network.Strand();
        else
            network.Swallow = static bytes => bytes.Span.IndexOf("__redis__:invalidate"u8) >= 0 && bytes.Span.IndexOf("subscribe"u8) < 0;

        await Server.Raw.KeyDeleteAsync("app:key");
        var lastSeen = await Staleness.LastSeenAsync(() => TryGetAsync(node), "old", @for: TimeSpan.FromSeconds(1.5));
        Assert.True(lastSeen <= Bound, $"An old value was seen {lastSeen} after the change.");
        if (silence != Silence.Stranded)
            Assert.False(node.IsOn);

        network.Thaw();
        network.Swallow = null;
        await CachedApp.ConnectAsync(node.Cache);
        await node.HearsAsync();
        await node.SeesAsync("key", null);
        await node.SetAsync("key", "new");
        Assert.Equal("new", await node.WarmAsync("key"));
    }

    [Fact]
    public async Task A_server_that_hangs_is_not_believed_for_long_either()
    {
        await using var node = await NearNode.StartAsync(Server.ConnectionString, "app:", static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        await node.SetAsync("key", "value");
        await node.WarmAsync("key");
        Server.Freeze();
        await Eventually.True(() => !node.IsOn, NearNode.Deadline, "the near cache to be off");
        await Assert.ThrowsAnyAsync<Exception>(() => node.Cache.GetAsync("key", Token));
        Server.Thaw();
        await CachedApp.ConnectAsync(node.Cache);
        await node.HearsAsync();
        Assert.Equal("value", await node.WarmAsync("key"));
    }

    [Fact]
    public async Task Flushall_empties_all_near_caches()
    {
        await using var one = await NearNode.StartAsync(Server.ConnectionString, "app:");
        await using var other = await NearNode.StartAsync(Server.ConnectionString, "app:");
        await one.SetAsync("key", "value");
        await one.WarmAsync("key");
        await other.WarmAsync("key");
        await Server.Raw.ExecuteAsync("FLUSHALL");
        await one.SeesAsync("key", null);
        await other.SeesAsync("key", null);
    }

    [Fact]
    public async Task What_redis_evicts_for_want_of_memory_is_dropped()
    {
        await using var node = await NearNode.StartAsync(Server.ConnectionString, "app:");
        for (var i = 0; i < 50; i++)
            await node.SetAsync($"{i}", "value");

        for (var i = 0; i < 50; i++)
            await node.WarmAsync($"{i}");

        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Eventually.True(async () => (await Server.KeysAsync("app:")).Length == 0, NearNode.Deadline, "Redis to evict all");
        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        for (var i = 0; i < 50; i++)
            await node.SeesAsync($"{i}", null);
    }

    [Fact]
    public async Task Without_redis_at_the_start_it_comes_on_with_redis()
    {
        await Server.KillAsync();
        await using var node = NearNode.Connect(Server.ConnectionString, "app:", static options => options.OperationTimeout = TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAnyAsync<Exception>(() => node.Cache.GetAsync("key", Token));
        Assert.False(node.IsOn);
        await Server.RestartAsync();
        await CachedApp.ConnectAsync(node.Cache);
        await node.HearsAsync();
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.WarmAsync("key"));
    }

    [Fact]
    public async Task Heartbeats_leave_nothing_behind()
    {
        var node = await NearNode.StartAsync(Server.ConnectionString, "app:");
        foreach (var key in await Server.KeysAsync("app:near:"))
            Assert.True(await Server.TimeToLiveAsync(key) is not null || !await Server.Raw.KeyExistsAsync(key), key);

        await node.DisposeAsync();
        await Eventually.True(async () => (await Server.KeysAsync("app:")).Length == 0, NearNode.Deadline, "all heartbeats to be gone");
        Assert.DoesNotContain("RedisExpiryCache-near", (string?)await Server.Raw.ExecuteAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }

    private async Task MakeAsync(Loss loss)
    {
        switch (loss)
        {
            case Loss.ListenerKilled:
                await Server.Raw.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
                break;
            case Loss.AskerKilled:
                foreach (var line in ((string)(await Server.Raw.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(static line => line.Contains("RedisExpiryCache-near", StringComparison.Ordinal) && !line.Contains("flags=P", StringComparison.Ordinal)))
                    await Server.Raw.ExecuteAsync("CLIENT", "KILL", "ID", line.Split(' ')[0][3..]);

                break;
            case Loss.AllKilled:
                await Server.Raw.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
                await Server.Raw.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
                break;
            case Loss.BufferOverflow:
                await Server.Raw.ExecuteAsync("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1kb 1kb 0");
                await Server.Raw.ScriptEvaluateAsync("for i = 1, 20000 do redis.call('SET', 'app:' .. i, '', 'PX', 1000) end");
                await Server.Raw.ExecuteAsync("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
                break;
            case Loss.Restart:
                await Server.RestartAsync();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(loss));
        }
    }

    /// <summary>Redis may be away: that is nothing old.</summary>
    private static async Task<string?> TryGetAsync(NearNode node)
    {
        try
        {
            return await node.GetAsync("key");
        }
        catch (Exception failure) when (failure is StackExchange.Redis.RedisException or TimeoutException)
        {
            return null;
        }
    }
}
