using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.InMemory;

/// <summary>RedisExpiryCache.Testing with a clock that the test sets: entries expire in the millisecond that was asked for.</summary>
public sealed class TestingClockTests : IAsyncDisposable
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(4_321));
    private readonly ServiceProvider _services;

    public TestingClockTests() => _services = new ServiceCollection().AddRedisExpiringCacheForTesting(_clock).BuildServiceProvider();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IRedisExpiringCache Cache => _services.GetRequiredService<IRedisExpiringCache>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_entry_is_there_until_its_last_millisecond_and_gone_after_it(bool sync)
    {
        var face = new Face(Cache, sync);
        await face.SetAsync("relative", Some.Bytes(), Caches.Relative(60));
        await face.SetAsync("absolute", Some.Bytes(), Caches.At(_clock.GetUtcNow().AddSeconds(60)));
        await face.SetAsync("sliding", Some.Bytes(), Caches.Sliding(60));

        _clock.Advance(TimeSpan.FromSeconds(60) - Millisecond);
        foreach (var key in new[] { "relative", "absolute" })
            Assert.NotNull(await face.GetAsync(key));

        _clock.Advance(Millisecond);
        foreach (var key in new[] { "relative", "absolute", "sliding" })
            Assert.Null(await face.GetAsync(key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_read_slides_an_entry_by_its_whole_window_from_the_time_of_the_read(bool sync)
    {
        var face = new Face(Cache, sync);
        await face.SetAsync("read", Some.Bytes(), Caches.Sliding(60));
        await face.SetAsync("refreshed", Some.Bytes(), Caches.Sliding(60));
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(60) - Millisecond);
            Assert.NotNull(await face.GetAsync("read"));
            await face.RefreshAsync("refreshed");
        }

        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await face.GetAsync("read"));
        Assert.Null(await face.GetAsync("refreshed"));
    }

    [Fact]
    public async Task A_sliding_entry_ends_at_its_absolute_end()
    {
        await Cache.SetAsync("key", Some.Bytes(), Caches.Both(sliding: 60, relative: 100), Token);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(await Cache.GetAsync("key", Token));
        _clock.Advance(TimeSpan.FromSeconds(41) - Millisecond);
        Assert.NotNull(await Cache.GetAsync("key", Token));
        _clock.Advance(Millisecond);
        Assert.Null(await Cache.GetAsync("key", Token));
    }

    [Fact]
    public async Task A_tagged_sliding_entry_that_is_read_outlives_the_first_window_of_its_tag()
    {
        await Cache.SetAsync("key", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Sliding(3_600), ["tag"], Token);
        for (var i = 0; i < 48; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(3_599));
            Assert.NotNull(await Cache.GetAsync("key", Token));
        }

        await Cache.RemoveByTagAsync("tag", Token);
        Assert.Null(await Cache.GetAsync("key", Token));
    }

    [Fact]
    public async Task The_time_left_of_an_entry_is_exact()
    {
        await Cache.SetAsync("key", Some.Bytes(), Caches.Both(sliding: 60, relative: 100), Token);
        _clock.Advance(TimeSpan.FromSeconds(10));

        var lifetime = await Cache.GetLifetimeAsync("key", Token);
        Assert.Equal((TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60)), (lifetime!.TimeToLive, lifetime.SlidingExpiration));

        Assert.True(await Cache.ExpireAsync("key", Caches.Relative(5), Token));
        _clock.Advance(TimeSpan.FromSeconds(5) - Millisecond);
        Assert.Equal(Millisecond, (await Cache.GetLifetimeAsync("key", Token))!.TimeToLive);
        _clock.Advance(Millisecond);
        Assert.Null(await Cache.GetLifetimeAsync("key", Token));
    }

    [Fact]
    public async Task A_clock_that_jumps_by_a_year_does_not_disturb_later_entries()
    {
        await Cache.SetAsync("before", Some.Bytes(), Caches.At(_clock.GetUtcNow().AddDays(1)), Token);
        _clock.Advance(TimeSpan.FromDays(365));

        await Cache.SetAsync("after", Some.Bytes(), Caches.At(_clock.GetUtcNow().AddSeconds(60)), Token);
        _clock.Advance(TimeSpan.FromSeconds(60) - Millisecond);
        Assert.NotNull(await Cache.GetAsync("after", Token));
        _clock.Advance(Millisecond);
        Assert.Null(await Cache.GetAsync("after", Token));
        Assert.Null(await Cache.GetAsync("before", Token));
    }

    [Fact]
    public async Task The_clock_of_the_container_is_the_one_that_was_passed()
    {
        var other = new FakeTimeProvider();
        await using var registered = new ServiceCollection().AddSingleton<TimeProvider>(other).AddRedisExpiringCacheForTesting().BuildServiceProvider();
        await using var replaced = new ServiceCollection()
            .AddSingleton(TimeProvider.System).AddRedisExpiringCache("prod-redis:6379").AddRedisExpiringCacheForTesting(static _ => { }, other).BuildServiceProvider();
        foreach (var services in new[] { registered, replaced })
        {
            Assert.Same(other, services.GetRequiredService<TimeProvider>());
            var cache = services.GetRequiredService<IDistributedCache>();
            await cache.SetAsync("key", Some.Bytes(), Caches.Relative(60), Token);
            other.Advance(TimeSpan.FromSeconds(60));
            Assert.Null(await cache.GetAsync("key", Token));
        }
    }
}
