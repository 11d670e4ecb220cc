using System.Buffers;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>What the data cache promises, in short: told on every topology.</summary>
internal static class DataStory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="cache">A cache whose keys begin with <paramref name="prefix"/>.</param>
    /// <param name="raw">The same Redis, seen from beside it.</param>
    /// <param name="prefix">Its InstanceName.</param>
    public static async Task TellAsync(IRedisExpiringCache cache, IDatabase raw, string prefix)
    {
        await ValuesComeBackUntilTheyExpireAsync(cache);
        await AReadSlidesUpToTheAbsoluteEndAsync(cache, raw, prefix);
        await TagsRemoveWhatCarriesThemAsync(cache);
        await ManyKeysAreRemovedAtOnceAsync(cache);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task ValuesComeBackUntilTheyExpireAsync(IRedisExpiringCache cache)
    {
        var (key, value) = (Some.Key(), Some.Bytes(5000));
        Assert.Null(await cache.GetAsync(key, Token));
        await cache.SetAsync(key, value, Caches.Relative(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        Assert.InRange((await cache.GetLifetimeAsync(key, Token))!.TimeToLive!.Value.TotalSeconds, 20, 60);
        Assert.True(await cache.ExpireAsync(key, Caches.Relative(0.2), Token));
        await Eventually.True(async () => await cache.GetAsync(key, Token) is null, Patience, "an entry to expire");
    }

    private static async Task AReadSlidesUpToTheAbsoluteEndAsync(IRedisExpiringCache cache, IDatabase raw, string prefix)
    {
        var (sliding, bounded) = (Some.Key(), Some.Key());
        await cache.SetAsync(sliding, Some.Bytes(), Caches.Sliding(100), Token);
        await cache.SetAsync(bounded, Some.Bytes(), Caches.Both(sliding: 100, relative: 80), Token);
        foreach (var (key, most) in ((string, double)[])[(sliding, 100), (bounded, 80)])
        {
            Assert.True(await raw.KeyExpireAsync(prefix + key, TimeSpan.FromSeconds(20)));
            Assert.NotNull(await cache.GetAsync(key, Token));
            await Eventually.True(async () => await LeftAsync(key) > 25, Patience, "a read to renew its entry");
            Assert.InRange(await LeftAsync(key), 25, most);
        }

        async Task<double> LeftAsync(string key) => (await raw.KeyTimeToLiveAsync(prefix + key))!.Value.TotalSeconds;
    }

    private static async Task TagsRemoveWhatCarriesThemAsync(IRedisExpiringCache cache)
    {
        var (one, other) = (Some.Word(), Some.Word());
        var keys = Enumerable.Range(0, 8).Select(static _ => Some.Key()).ToArray();
        foreach (var (i, key) in keys.Index())
            await cache.SetAsync(key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), i % 2 == 0 ? [one, other] : [other], Token);

        await cache.RemoveByTagAsync(one, Token);
        foreach (var (i, key) in keys.Index())
            Assert.Equal(i % 2 == 1, await cache.GetAsync(key, Token) is not null);
    }

    private static async Task ManyKeysAreRemovedAtOnceAsync(IRedisExpiringCache cache)
    {
        var keys = Enumerable.Range(0, 30).Select(static _ => Some.Key()).ToArray();
        foreach (var key in keys)
            await cache.SetAsync(key, Some.Bytes(), Caches.Relative(60), Token);

        Assert.Equal(30, await cache.RemoveAsync([.. keys, Some.Key()], Token));
        Assert.Null(await cache.GetAsync(keys[^1], Token));
    }
}
