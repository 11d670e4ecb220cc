using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A connection that somebody between the app and Redis has forgotten: nothing comes back on it, and nobody says so.</summary>
public sealed class SilentConnectionTests(RedisFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task It_is_replaced_once_another_one_gets_an_answer()
    {
        await using var network = TcpProxy.To(fixture.Server.Port);
        await using var app = await StartAsync(network);
        network.Strand();

        var watch = Stopwatch.StartNew();
        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "a hit by another connection");
        TestContext.Current.SendDiagnosticMessage("Hits again after {0}", watch.Elapsed);
        Assert.Contains(app.Logs, static log => log.Event.Id == 56);
        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        Assert.False((await app.GetAsync("/page")).IsHit);
    }

    [Fact]
    public async Task A_Redis_that_is_silent_itself_keeps_its_connection()
    {
        await using var network = TcpProxy.To(fixture.Server.Port);
        await using var app = await StartAsync(network);
        network.Freeze();
        await Eventually.True(
            async () => (await app.GetAsync("/page")).Detail == "redis-unavailable" && network.Accepted > 3, Soon, "another connection to be tried");
        network.Thaw();

        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "a hit");
    }

    /// <summary>Its page is stored by then. Redis has so little time to answer that a busy machine may miss it.</summary>
    private async Task<CachedApp> StartAsync(TcpProxy network)
    {
        var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapGet("/page", [RedisResponseCache(Duration = 600)] () => "page"),
            new AppSetup
            {
                ConnectionString = network.ConnectionString,
                Options = static options => (options.OperationTimeout, options.ResponseCaching.OperationTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200)),
            });
        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "a first hit");
        return app;
    }
}
