using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>GetLifetimeAsync and ExpireAsync.</summary>
public abstract class LifetimeContract(ServerAddress server, EntryFormat format, bool near = false) : DataCacheContract(server, format, near)
{
    private static readonly TimeSpan Close = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task What_is_left_is_told_for_each_kind()
    {
        var key = Some.Key();
        Assert.Null(await Cache.GetLifetimeAsync(key, Token));

        await Cache.SetAsync(key, Some.Bytes(), Caches.NoExpiry, Token);
        Assert.Equal(new CacheEntryLifetime(null, null, null), await Cache.GetLifetimeAsync(key, Token));

        var end = TimeProvider.System.GetUtcNow().AddSeconds(100);
        await Cache.SetAsync(key, Some.Bytes(), Caches.At(end), Token);
        await AssertToldAsync(key, 100, null, end);

        await Cache.SetAsync(key, Some.Bytes(), Caches.Sliding(50), Token);
        await AssertToldAsync(key, 50, 50, null);

        end = TimeProvider.System.GetUtcNow().AddSeconds(100);
        await Cache.SetAsync(key, Some.Bytes(), Caches.Both(50, 100), Token);
        await AssertToldAsync(key, 50, 50, end);
    }

    [Fact]
    public async Task Asking_does_not_slide()
    {
        var key = Some.Key();
        await Cache.SetAsync(key, Some.Bytes(), Caches.Sliding(1_000), Token);
        await AgeAsync(key);
        var told = await Cache.GetLifetimeAsync(key, Token);
        Assert.InRange(told!.TimeToLive!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await Cache.GetLifetimeAsync(key, Token);
        await AssertLivesAsync(key, 5);
    }

    [Fact]
    public async Task A_new_expiry_leaves_the_value_alone_whatever_it_was_and_becomes()
    {
        DistributedCacheEntryOptions[] kinds = [Caches.NoExpiry, Caches.Relative(100), Caches.Sliding(200), Caches.Both(300, 400)];
        TimeSpan?[] lives = [null, TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(300)];
        foreach (var before in kinds)
        {
            for (var i = 0; i < kinds.Length; i++)
            {
                var (key, value) = (Some.Key(), Some.Bytes());
                await Cache.SetAsync(key, value, before, Token);
                Assert.True(await Cache.ExpireAsync(key, kinds[i], Token));

                var lifetime = await Cache.GetLifetimeAsync(key, Token);
                Assert.Equal(kinds[i].SlidingExpiration, lifetime!.SlidingExpiration);
                Assert.Equal(kinds[i].AbsoluteExpirationRelativeToNow is null, lifetime.AbsoluteExpiration is null);
                Assert.Equal(lives[i] is null, await TimeToLiveAsync(key) is null);
                if (lives[i] is { } life)
                {
                    await AssertLivesAsync(key, life.TotalSeconds);
                }

                Assert.Equal(value, await Cache.GetAsync(key, Token));
            }
        }
    }

    [Fact]
    public async Task What_was_given_a_window_slides_by_it()
    {
        var key = Some.Key();
        await Cache.SetAsync(key, [], Caches.Relative(10), Token);
        Assert.True(await Cache.ExpireAsync(key, Caches.Sliding(1_000), Token));
        await AgeAsync(key);
        await Cache.RefreshAsync(key, Token);
        await AssertLivesAsync(key, 1_000);
        Assert.True(await TimeToLiveAsync(key) > TimeSpan.FromSeconds(900));
        Assert.Empty((await Cache.GetAsync(key, Token))!);
    }

    [Fact]
    public async Task What_is_not_there_is_given_no_expiry_and_not_made()
    {
        var key = Some.Key();
        foreach (var options in new[] { Caches.NoExpiry, Caches.Relative(10), Caches.Sliding(10) })
        {
            Assert.False(await Cache.ExpireAsync(key, options, Token));
            Assert.False(await Raw.KeyExistsAsync(FullKey(key)));
        }
    }

    [Fact]
    public async Task A_large_value_survives_a_new_expiry()
    {
        var (key, value) = (Some.Key(), Some.Bytes(2_000_000));
        await Cache.SetAsync(key, value, Caches.NoExpiry, Token);
        Assert.True(await Cache.ExpireAsync(key, Caches.Both(10, 20), Token));
        Assert.Equal(value, await Cache.GetAsync(key, Token));
    }

    private async Task AssertToldAsync(string key, double left, double? sliding, DateTimeOffset? end)
    {
        var told = (await Cache.GetLifetimeAsync(key, Token))!;
        Assert.InRange(told.TimeToLive!.Value, TimeSpan.FromSeconds(left) - Moment, TimeSpan.FromSeconds(left + 0.1));
        Assert.Equal(sliding, told.SlidingExpiration?.TotalSeconds);
        Assert.Equal(end is null, told.AbsoluteExpiration is null);
        if (end is { } moment)
        {
            Assert.InRange(told.AbsoluteExpiration!.Value, moment - Close, moment + Close);
        }
    }
}
