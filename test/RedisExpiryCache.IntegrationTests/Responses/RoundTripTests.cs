using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What it costs: commands, counted by MONITOR, and round trips, counted by a slow network.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    [InlineData("everything")]
    public async Task An_eviction_is_one_DEL_however_much_it_evicts(string what)
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server);
        for (var id = 0; id < 50; id++)
        {
            await app.GetAsync($"/a?x={id}");
            await app.GetAsync("/a", ("Accept-Language", $"l{id}"));
        }

        await using var log = await server.MonitorAsync();
        switch (what)
        {
            case "url":
                await app.Control.EvictAsync("/a", Token);
                break;
            case "tag":
                await app.Control.EvictByTagAsync("things", Token);
                break;
            default:
                await app.Control.EvictAllAsync(Token);
                break;
        }

        await log.CatchUpAsync();
        var sent = Assert.Single(log.Lines, line => line.Command is not ("PING" or "INFO" or "CLIENT") && !IsNote(line));
        Assert.Equal("DEL", sent.Command);

        // The guard and the generation; that of everything has no guard.
        Assert.Equal(what == "everything" ? 2 : 3, sent.Words.Count);
        Assert.Equal(what != "everything", sent.Words[1].Contains("tag:guard:", StringComparison.Ordinal));

        // For responses that name the tag only while they are being made.
        Assert.Equal(what == "tag", log.Lines.Any(IsNote));
        Assert.False((await app.GetAsync("/a", ("Accept-Language", "l7"))).IsHit);
    }

    [Fact]
    public async Task A_response_is_written_together_with_its_expiry()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server);
        await using var log = await server.MonitorAsync();
        await app.GetAsync("/a");
        await log.CatchUpAsync();

        var writes = log.Lines.Where(line => line.Command is "SET" or "SETEX" or "PSETEX" or "HSET" or "HMSET").ToArray();
        Assert.Single(writes, line => line.Words[1].Contains('#', StringComparison.Ordinal));
        Assert.All(writes, line => Assert.True(line.Command.EndsWith("EX", StringComparison.Ordinal) || line.Words.Any(word => word.ToUpperInvariant() is "PX" or "EX"), line.Text));
        Assert.DoesNotContain(log.Lines, line => line.Command is "KEYS" or "SCAN");
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("/sliding")]
    public async Task A_steady_hit_is_one_round_trip_with_tags_and_variants(string path)
    {
        var delay = TimeSpan.FromMilliseconds(250);
        await using var server = await RedisServer.StartAsync();
        await using var proxy = TcpProxy.To(server.Port);
        await using var app = await StartAsync(server, proxy.ConnectionString);
        await app.WarmAsync(path, ("Accept-Language", "de"));
        await app.WarmAsync(path, ("Accept-Language", "de"));
        proxy.Delay = delay;

        // There and back is 500 ms. The quickest of a few tries tells what is needed; the rest is noise of the machine.
        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.True((await app.GetAsync(path, ("Accept-Language", "de"))).IsHit);
            times.Add(Stopwatch.GetElapsedTime(started));
        }

        Assert.InRange(times.Min(), 2 * delay - TimeSpan.FromMilliseconds(20), 3.6 * delay);
    }

    [Fact]
    public async Task A_steady_hit_of_a_small_page_is_one_command()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server);
        await app.WarmAsync("/a", ("Accept-Language", "de"));
        Assert.True((await app.GetAsync("/a", ("Accept-Language", "de"))).IsHit);

        await using var log = await server.MonitorAsync();
        Assert.True((await app.GetAsync("/a", ("Accept-Language", "de"))).IsHit);
        await log.CatchUpAsync();
        Assert.Equal("MGET", Assert.Single(log.ClientLines, static line => line.Command is not ("PING" or "INFO" or "CLIENT")).Command);
    }

    [Fact]
    public async Task A_large_page_comes_by_a_command_of_its_own()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await CachedApp.StartAsync(server, static web => web.MapGet("/large", static context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            return context.Response.WriteAsync(new string('x', 50_000));
        }));
        await app.WarmAsync("/large");
        Assert.True((await app.GetAsync("/large")).IsHit);

        await using var log = await server.MonitorAsync();
        Assert.True((await app.GetAsync("/large")).IsHit);
        await log.CatchUpAsync();
        Assert.Equal(["GET", "MGET"], log.ClientLines.Select(static line => line.Command).Where(static name => name is "GET" or "MGET").Order());
    }

    [Fact]
    public async Task A_small_page_that_something_else_has_taken_the_place_of_is_made_anew()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server);
        await app.WarmAsync("/a");
        Assert.True((await app.GetAsync("/a")).IsHit);
        var key = Assert.Single(await server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
        await server.Raw.KeyDeleteAsync(key);
        await server.Raw.ListRightPushAsync(key, "not ours");

        Assert.False((await app.GetAsync("/a")).IsHit);
        Assert.Contains(app.Logs, static record => record.Event.Id == 2 && record.Message.Contains("(wrong-type)", StringComparison.Ordinal));
        await app.WarmAsync("/a");
        await server.Raw.KeyDeleteAsync(key);
        Assert.False((await app.GetAsync("/a")).IsHit);
        Assert.True((await app.WarmAsync("/a")).IsHit);
    }

    [Fact]
    public async Task Nobody_waits_for_a_round_trip_more_than_the_lookup_where_nothing_is_stored()
    {
        var delay = TimeSpan.FromMilliseconds(250);
        await using var server = await RedisServer.StartAsync();
        await using var proxy = TcpProxy.To(server.Port);
        await using var app = await CachedApp.StartAsync(server, web => web.MapPage("/a", "no-store"), new AppSetup { ConnectionString = proxy.ConnectionString });
        await app.GetAsync("/a");
        proxy.Delay = delay;

        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await app.GetAsync("/a");
            times.Add(Stopwatch.GetElapsedTime(started));
        }

        Assert.InRange(times.Min(), TimeSpan.Zero, 3.6 * delay);
    }

    private static Task<CachedApp> StartAsync(RedisServer server, string? connection = null)
    {
        static void Vary(HttpContext context) => context.Response.Headers.Vary = "Accept-Language";
        return CachedApp.StartAsync(
            server,
            web =>
            {
                web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 600, Tags = ["things", "more things"] }, Vary);
                web.MapPage("/sliding", new RedisResponseCacheAttribute { SlidingDuration = 600, Tags = ["things", "more things"] }, Vary);
            },
            new AppSetup { ConnectionString = connection });
    }

    private static bool IsNote(MonitorLine line) => line.IsLua || line.Command is "EVALSHA" or "EVAL" or "SCRIPT";

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
