using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Entries end when they were told to.</summary>
public abstract class ExpiryContract(ServerAddress server, EntryFormat format, bool near = false) : DataCacheContract(server, format, near)
{
    private static readonly TimeSpan Exactness = TimeSpan.FromMilliseconds(50);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_kind_of_expiry_is_what_redis_says(bool sync)
    {
        var (face, key) = (FaceOf(sync), Some.Key());
        await face.SetAsync(key, Some.Bytes(), Caches.Relative(100));
        await AssertLivesAsync(key, 100);
        await face.SetAsync(key, Some.Bytes(), Caches.At(TimeProvider.System.GetUtcNow().AddSeconds(200)));
        await AssertLivesAsync(key, 200.1);
        await face.SetAsync(key, Some.Bytes(), Caches.Sliding(300));
        await AssertLivesAsync(key, 300);
        await face.SetAsync(key, Some.Bytes(), Caches.Both(sliding: 400, relative: 1_000));
        await AssertLivesAsync(key, 400);
        await face.SetAsync(key, Some.Bytes(), Caches.Both(sliding: 1_000, relative: 500));
        await AssertLivesAsync(key, 500);
        await face.SetAsync(key, Some.Bytes(), Caches.NoExpiry);
        Assert.Null(await TimeToLiveAsync(key));
        Assert.NotNull(await face.GetAsync(key));
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(500, true)]
    [InlineData(1_500, false)]
    [InlineData(1_500, true)]
    [InlineData(60_900, false)]
    [InlineData(60_900, true)]
    public async Task A_time_to_live_is_exact_to_the_millisecond(int milliseconds, bool sliding)
    {
        var (key, asked) = (Some.Key(), TimeSpan.FromMilliseconds(milliseconds));
        var options = sliding ? Caches.Sliding(asked.TotalSeconds) : Caches.Relative(asked.TotalSeconds);
        await Cache.SetAsync(Some.Key(), Some.Bytes(), options, Token);

        // The machine may pause between the write and the question; a pause is no inexactness.
        await Eventually.True(async () =>
        {
            var watch = Stopwatch.StartNew();
            await Cache.SetAsync(key, Some.Bytes(), options, Token);
            var left = await TimeToLiveAsync(key);
            Assert.True(left is null || left <= asked + TimeSpan.FromMilliseconds(1), $"{left} of {asked}");
            Assert.True(left is null || left >= asked - watch.Elapsed - Exactness, $"{left} of {asked} after {watch.Elapsed}");
            return left >= asked - Exactness;
        }, TimeSpan.FromSeconds(20), $"PTTL within {Exactness} of {asked}");
    }

    [Fact]
    public async Task An_entry_is_gone_when_its_time_is_over_and_not_before()
    {
        var (key, watch) = (Some.Key(), Stopwatch.StartNew());
        await Cache.SetAsync(key, Some.Bytes(), Caches.Relative(0.5), Token);
        await Eventually.True(async () => await Cache.GetAsync(key, Token) is null, TimeSpan.FromSeconds(30), "the entry to expire");
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.45), $"gone after {watch.Elapsed}");
        Assert.Null(await Cache.GetLifetimeAsync(key, Token));
    }

    [Fact]
    public async Task A_sliding_entry_that_is_read_all_the_time_still_ends_at_its_absolute_end()
    {
        var (key, watch) = (Some.Key(), Stopwatch.StartNew());
        await Cache.SetAsync(key, Some.Bytes(), Caches.Both(sliding: 30, relative: 1), Token);
        await Eventually.True(async () => await Cache.GetAsync(key, Token) is null, TimeSpan.FromSeconds(30), "the absolute end");
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.95), $"gone after {watch.Elapsed}");
    }

    [Fact]
    public async Task A_relative_end_wins_over_an_absolute_one()
    {
        var key = Some.Key();
        var options = Caches.Relative(50);
        options.AbsoluteExpiration = TimeProvider.System.GetUtcNow().AddHours(5);
        await Cache.SetAsync(key, Some.Bytes(), options, Token);
        await AssertLivesAsync(key, 50);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(-9)]
    public async Task An_absolute_end_means_the_same_instant_in_every_time_zone(int hours)
    {
        var key = Some.Key();
        var end = TimeProvider.System.GetUtcNow().AddSeconds(90).ToOffset(TimeSpan.FromHours(hours));
        await Cache.SetAsync(key, Some.Bytes(), Caches.At(end), Token);
        await AssertLivesAsync(key, 90.1);

        await Cache.SetAsync(key, Some.Bytes(), new() { AbsoluteExpiration = end, SlidingExpiration = TimeSpan.FromDays(1) }, Token);
        Assert.NotNull(await Cache.GetAsync(key, Token));
        await Cache.RefreshAsync(key, Token);
        await AssertLivesAsync(key, 90.1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_absolute_end_in_the_past_is_refused_by_name_and_changes_nothing(bool sync)
    {
        var (face, key, value) = (FaceOf(sync), Some.Key(), Some.Bytes());
        await face.SetAsync(key, value, Caches.NoExpiry);
        foreach (var end in new[] { TimeProvider.System.GetUtcNow().AddSeconds(-2), DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch.ToOffset(TimeSpan.FromHours(-9)) })
        {
            var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => face.SetAsync(key, Some.Bytes(), Caches.At(end)));
            Assert.Equal("AbsoluteExpiration", refused.ParamName);
            refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Cache.ExpireAsync(key, Caches.At(end), Token).AsTask());
            Assert.Equal("AbsoluteExpiration", refused.ParamName);
        }

        Assert.Equal(value, await face.GetAsync(key));
        Assert.Null(await TimeToLiveAsync(key));
    }

    [Fact]
    public async Task The_largest_values_there_are_do_not_overflow()
    {
        foreach (var options in new DistributedCacheEntryOptions[]
        {
            new() { SlidingExpiration = TimeSpan.MaxValue },
            new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue },
            Caches.At(DateTimeOffset.MaxValue),
            new() { SlidingExpiration = TimeSpan.MaxValue, AbsoluteExpiration = DateTimeOffset.MaxValue },
        })
        {
            var (key, value) = (Some.Key(), Some.Bytes());
            await Cache.SetAsync(key, value, options, Token);
            Assert.Equal(value, await Cache.GetAsync(key, Token));
            await Cache.RefreshAsync(key, Token);
            Assert.NotNull(await Cache.GetLifetimeAsync(key, Token));
            Assert.True(await Cache.ExpireAsync(key, options, Token));
            Assert.Equal(value, await Cache.GetAsync(key, Token));
            Assert.True(await TimeToLiveAsync(key) > TimeSpan.FromDays(365 * 1_000));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_way_to_read_slides(bool sync)
    {
        var (face, key) = (FaceOf(sync), Some.Key());
        await face.SetAsync(key, Some.Bytes(), Caches.Sliding(1_000));
        foreach (var read in new Func<Task>[]
        {
            () => face.GetAsync(key), () => face.TryGetAsync(key, new ArrayBufferWriter<byte>()), () => face.RefreshAsync(key),
        })
        {
            await AgeAsync(key);
            await read();
            await Eventually.True(async () => await TimeToLiveAsync(key) > TimeSpan.FromSeconds(900), Caches.Patience, "the slide");
            await AssertLivesAsync(key, 1_000);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_does_not_slide_is_not_prolonged(bool sync)
    {
        var face = FaceOf(sync);
        foreach (var options in new[] { Caches.Relative(1_000), Caches.NoExpiry })
        {
            var key = Some.Key();
            await face.SetAsync(key, Some.Bytes(), options);
            await AgeAsync(key);
            await face.GetAsync(key);
            await face.TryGetAsync(key, new ArrayBufferWriter<byte>());
            await face.RefreshAsync(key);

            // What might ride behind the reads goes over the same connection as this question.
            await Cache.GetLifetimeAsync(key, Token);
            await AssertLivesAsync(key, 5);
        }
    }

    [Fact]
    public async Task A_slide_ends_at_the_absolute_end()
    {
        var key = Some.Key();
        await Cache.SetAsync(key, Some.Bytes(), Caches.Both(sliding: 1_000, relative: 100), Token);
        await AgeAsync(key);
        await Cache.RefreshAsync(key, Token);
        await AssertLivesAsync(key, 100);
        Assert.True(await TimeToLiveAsync(key) > TimeSpan.FromSeconds(50));
    }

    [Fact]
    public async Task Overwriting_replaces_the_time_to_live_and_the_window()
    {
        var key = Some.Key();
        await Cache.SetAsync(key, Some.Bytes(), Caches.Both(20, 60), Token);
        await Cache.SetAsync(key, Some.Bytes(), Caches.NoExpiry, Token);
        Assert.Null(await TimeToLiveAsync(key));

        Assert.NotNull(await Cache.GetAsync(key, Token));
        Assert.Equal(new CacheEntryLifetime(null, null, null), await Cache.GetLifetimeAsync(key, Token));
        Assert.Null(await TimeToLiveAsync(key));
    }
}
