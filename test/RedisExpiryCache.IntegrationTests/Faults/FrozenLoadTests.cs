using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>Redis stops in the middle of a steady stream of requests. How fast the answers come is for a quiet machine to measure; that they come is for this test.</summary>
public sealed class FrozenLoadTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_request_is_answered_and_few_have_waited_for_redis()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await CachedApp.StartAsync(
            server,
            static web => web.MapPage("/page", new RedisResponseCacheAttribute { Duration = 600 }),
            new AppSetup { Options = static options => options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(100) });
        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "a first hit");

        server.Freeze();
        var samples = await OpenLoop.RunAsync(app, "/page", perSecond: 200, TimeSpan.FromSeconds(4));

        Assert.Equal(800, samples.Count);
        Assert.All(samples, static sample => Assert.Equal(200, sample.Status));
        Assert.InRange(app.Metrics.Count("response.stores", ("reason", "redis-timeout")), 0, 400);
        Assert.Contains(app.Logs, static record => record.Event.Id == 50);

        server.Thaw();
        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "hits to be back");
    }
}
