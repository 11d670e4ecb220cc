using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class LifetimeTests(RedisFixture fixture) : LifetimeContract(fixture);

public sealed class InMemoryLifetimeTests(InMemoryFixture fixture) : LifetimeContract(fixture);

/// <summary>How long a stored response lives: in Redis by its expiry, for the rules by its age.</summary>
public abstract class LifetimeContract(ServerFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Age_and_the_time_left_follow_the_clock_and_Date_stays()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"), new AppSetup { Time = time });
        var first = await app.GetAsync("/a");
        time.Advance(TimeSpan.FromSeconds(7.5));
        var hit = await app.GetAsync("/a");

        Assert.Equal((null, "Sun, 01 Mar 2026 12:00:00 GMT"), (first["Age"], first["Date"]));
        Assert.Equal((7, "Sun, 01 Mar 2026 12:00:00 GMT"), (hit.Age, hit["Date"]));
        Assert.Equal("RedisExpiryCache; hit; ttl=52", hit.CacheStatus);
    }

    [Fact]
    public async Task What_has_become_stale_is_made_anew()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"), new AppSetup { Time = time });
        await app.WarmAsync("/a");
        time.Advance(TimeSpan.FromSeconds(61));
        var second = await app.GetAsync("/a");

        Assert.Equal(("page 2", "RedisExpiryCache; fwd=stale; stored"), (second.Body, second.CacheStatus));
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Redis_itself_drops_it_when_its_time_is_over()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 1 }));
        await app.GetAsync("/a");
        await Eventually.True(async () => (await app.GetAsync("/a")).Body != "page 1", Soon, "the stored page to end");
    }

    [Fact]
    public async Task Each_use_slides_it_and_without_use_it_ends()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { SlidingDuration = 100 }));
        await app.GetAsync("/a");
        var key = await ResponseKeyAsync(app);
        await fixture.Server.Raw.KeyExpireAsync(key, TimeSpan.FromSeconds(30));
        await app.WarmAsync("/a");
        await Eventually.True(async () => await fixture.Server.TimeToLiveAsync(key) > TimeSpan.FromSeconds(60), Soon, "the response to slide");

        await fixture.Server.Raw.KeyExpireAsync(key, TimeSpan.FromMilliseconds(1));
        await Eventually.True(async () => !await fixture.Server.Raw.KeyExistsAsync(key), Soon, "the response to end");
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_sliding_response_ends_by_itself_when_nobody_uses_it()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { SlidingDuration = 1 }));
        await app.WarmAsync("/a");
        var key = await ResponseKeyAsync(app);
        Assert.InRange((await fixture.Server.TimeToLiveAsync(key)).GetValueOrDefault(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await Eventually.True(async () => !await fixture.Server.Raw.KeyExistsAsync(key), Soon, "the response to end");
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Sliding_never_goes_beyond_the_duration()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { SlidingDuration = 3, Duration = 4 }));
        await app.GetAsync("/a");
        var watch = System.Diagnostics.Stopwatch.StartNew();

        // Used all the time, so that only the duration can end it.
        await Eventually.True(async () => (await app.GetAsync("/a")).Body != "page 1", Soon, "the page to end");
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task A_sliding_response_outlives_its_first_window_together_with_its_generations()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { SlidingDuration = 1000, Tags = ["things"] }));
        await app.GetAsync("/a");
        string[] apart = ["#", "tag:guard:"];
        var generations = (await KeysAsync(app)).Where(key => !apart.Any(part => key.Contains(part, StringComparison.Ordinal))).ToArray();
        Assert.Equal(3, generations.Length);
        foreach (var key in generations)
        {
            await fixture.Server.Raw.KeyExpireAsync(key, TimeSpan.FromSeconds(100));
        }

        await app.WarmAsync("/a");
        foreach (var key in generations)
        {
            await Eventually.True(async () => await fixture.Server.TimeToLiveAsync(key) > TimeSpan.FromSeconds(1000), Soon, $"{key} to last longer");
        }
    }

    [Fact]
    public async Task Every_key_has_an_expiry_after_much_traffic_and_can_be_read()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/headers/{id}", "max-age=60", context => context.Response.Headers.Vary = "Accept-Language");
            web.MapPage("/duration/{id}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["duration", "duration:{id}"] });
            web.MapPage("/sliding/{id}", new RedisResponseCacheAttribute { SlidingDuration = 60, Tags = ["sliding:{id}"] });
            web.MapPage("/never/{id}", "no-store");
            web.MapPost("/duration/{id}", () => "changed").WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["duration:{id}"], Paths = ["/headers/{id}"] });
        });
        string[] kinds = ["headers", "duration", "sliding", "never", "missing"];
        var paths = kinds.SelectMany(kind => Enumerable.Range(1, 6).Select(id => $"/{kind}/{id}?page={id % 3}")).ToArray();
        await Parallel.ForEachAsync(paths.Concat(paths).Concat(paths), TestContext.Current.CancellationToken, async (path, _) =>
        {
            await app.GetAsync(path, ("Accept-Language", "de"));
            await app.GetAsync(path, ("Accept-Language", "en"));
            await app.SendAsync(HttpMethod.Post, path);
        });

        var keys = await KeysAsync(app);
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            Assert.True(await fixture.Server.TimeToLiveAsync(key) > TimeSpan.Zero || !await fixture.Server.Raw.KeyExistsAsync(key), key);
        }

        Assert.Contains($"{app.Prefix}GET:/sliding/1?page=1", keys);
        Assert.Contains($"{app.Prefix}tag:http:sliding:1", keys);
        Assert.All(keys, key => Assert.Matches("^[!-~]+$", key));
    }

    private async Task<string> ResponseKeyAsync(CachedApp app) =>
        Assert.Single(await KeysAsync(app), key => key.Contains('#', StringComparison.Ordinal));

    private Task<string[]> KeysAsync(CachedApp app) => fixture.Server.KeysAsync(app.Prefix);
}
