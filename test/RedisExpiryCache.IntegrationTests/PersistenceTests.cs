using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>Redis' own persistence keeps entries and the time they have left.</summary>
public sealed class PersistenceTests
{
    [Fact]
    public async Task Entries_survive_a_restart_of_redis_with_their_remaining_times_and_expired_ones_do_not()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        await using var cache = Caches.Connect(server.ConnectionString);
        await cache.SetAsync("long", Some.Bytes(), In(TimeSpan.FromMinutes(10)), token);
        await cache.SetAsync("sliding", Some.Bytes(), new() { SlidingExpiration = TimeSpan.FromMinutes(5) }, token);
        await cache.SetAsync("short", Some.Bytes(), In(TimeSpan.FromMilliseconds(300)), token);
        var before = (Long: await server.TimeToLiveAsync("long"), Sliding: await server.TimeToLiveAsync("sliding"));

        await server.StopAsync();
        await server.RestartAsync();
        await Eventually.True(async () => !await server.Raw.KeyExistsAsync("short"), TimeSpan.FromSeconds(30), "the short entry is gone");
        var after = (Long: await server.TimeToLiveAsync("long"), Sliding: await server.TimeToLiveAsync("sliding"));

        Assert.InRange(after.Long!.Value, before.Long!.Value - TimeSpan.FromMinutes(1), before.Long.Value);
        Assert.InRange(after.Sliding!.Value, before.Sliding!.Value - TimeSpan.FromMinutes(1), before.Sliding.Value);
        await Eventually.True(async () => await IsThere(cache, "long") && await IsThere(cache, "sliding"), TimeSpan.FromSeconds(60), "the cache reads them again");
        Assert.Null(await cache.GetAsync("short", token));
    }

    private static DistributedCacheEntryOptions In(TimeSpan time) => new() { AbsoluteExpirationRelativeToNow = time };

    private static async Task<bool> IsThere(RedisExpiringCache cache, string key)
    {
        try
        {
            return await cache.GetAsync(key, TestContext.Current.CancellationToken) is not null;
        }
        catch (Exception notYet) when (notYet is RedisException or TimeoutException)
        {
            return false;
        }
    }
}
