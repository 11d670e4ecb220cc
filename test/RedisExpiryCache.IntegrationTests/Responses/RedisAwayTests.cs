using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>The app answers, always; and whoever asks for an eviction that cannot be had is told so.</summary>
public sealed class RedisAwayTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Killed_in_the_middle_of_200_requests_every_one_is_answered()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(1));
        await app.WarmAsync("/a/0");
        var answered = 0;
        var requests = Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var answer = await app.GetAsync($"/a/{i % 20}");
            Assert.Equal(200, (int)answer.Status);
            Assert.StartsWith("page ", answer.Body, StringComparison.Ordinal);
            if (Interlocked.Increment(ref answered) == 60)
                await server.KillAsync();
        });
        await requests;

        Assert.Equal(200, answered);
        Assert.Contains((await app.GetAsync("/a/0")).Detail, (string[])["redis-unavailable", "redis-timeout"]);
    }

    [Fact]
    public async Task Frozen_no_request_fails_and_none_waits_much_longer_than_the_time_out()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(1));
        await app.WarmAsync("/a/1");
        server.Freeze();
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal(200, (int)(await app.GetAsync("/a/1")).Status);
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }

        server.Thaw();
        await Eventually.True(async () => (await app.GetAsync("/a/1")).IsHit, Soon, "hits to be back");
    }

    [Fact]
    public async Task Back_again_it_is_used_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(1));
        await app.WarmAsync("/a/1");
        await server.KillAsync();
        Assert.Equal("page 2", (await app.GetAsync("/a/1")).Body);
        await server.RestartAsync();
        await Eventually.True(async () => (await app.GetAsync("/a/1")).IsHit, Soon, "hits to be back");
    }

    [Fact]
    public async Task Not_there_when_the_app_starts_it_is_used_once_it_is_there()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(1));
        var first = await app.GetAsync("/a/1");
        Assert.Equal(("page 1", false), (first.Body, first.WasStored));
        Assert.Equal(504, (int)(await app.GetAsync("/a/1", ("Cache-Control", "only-if-cached"))).Status);
        await server.RestartAsync();
        await Eventually.True(async () => (await app.GetAsync("/a/1")).IsHit, Soon, "hits");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_eviction_throws_and_is_logged_as_an_error(bool frozen)
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(2));
        await app.WarmAsync("/a/1");
        await TakeAwayAsync(server, frozen);

        Func<Task>[] evictions =
        [
            async () => await app.Control.EvictAsync("/a/1", Token),
            async () => await app.Control.EvictByTagAsync("things", Token),
            async () => await app.Control.EvictAllAsync(Token),
        ];
        foreach (var evict in evictions)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(evict);
            Assert.True(failure is RedisConnectionException or RedisTimeoutException, failure.ToString());
        }

        Assert.Equal(3, app.Logs.Count(record => record.Event.Id == 24 && record.Level == LogLevel.Error));
        Assert.Equal(3, app.Metrics.Count("response.evictions", ("outcome", "error")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_action_that_evicts_answers_as_ever(bool frozen)
    {
        var timeout = TimeSpan.FromSeconds(2);
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, timeout);
        await app.WarmAsync("/a/1");
        await TakeAwayAsync(server, frozen);

        var started = Stopwatch.GetTimestamp();
        var answer = await app.SendAsync(HttpMethod.Post, "/change");
        Assert.Equal((200, "changed"), ((int)answer.Status, answer.Body));

        // One request waits for Redis once, whatever it has to evict: six things here.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, 4 * timeout);
        Assert.Contains(app.Logs, record => record.Event.Id == 24 && Equals(record.Values["Target"], "tag"));
        Assert.Contains(app.Logs, record => record.Event.Id == 24 && Equals(record.Values["Target"], "path"));
    }

    [Fact]
    public async Task Full_it_goes_on_with_what_it_has_and_evicts_all_the_same()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(5));
        await app.WarmAsync("/a/1");
        await server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "100000");

        Assert.True((await app.GetAsync("/a/1")).IsHit);
        var unstored = await app.GetAsync("/a/2");
        Assert.Equal((200, "page 2"), ((int)unstored.Status, unstored.Body));
        Assert.False((await app.GetAsync("/a/2")).IsHit);
        await app.Control.EvictAsync("/a/1", Token);
        Assert.Equal("page 4", (await app.GetAsync("/a/1")).Body);
        Assert.Equal("redis-refused", (await app.GetAsync("/a/1")).Detail);

        await server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await app.GetAsync("/a/1");
        Assert.True((await app.GetAsync("/a/1")).IsHit);
    }

    [Fact]
    public async Task The_same_trouble_is_one_warning_a_minute_and_every_request_in_the_metrics()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, TimeSpan.FromSeconds(1));
        await app.WarmAsync("/a/1");
        await server.KillAsync();
        for (var i = 0; i < 20; i++)
            await app.GetAsync("/a/1");

        var warnings = app.Logs.Where(record => record.Event.Id == 25).Select(record => record.Values["Reason"]).ToArray();
        Assert.NotEmpty(warnings);
        Assert.Equal(warnings.Distinct(), warnings);
        Assert.Equal(20, app.Metrics.Count("response.lookup.duration", ("outcome", "error")));
    }

    private static async Task TakeAwayAsync(RedisServer server, bool frozen)
    {
        if (frozen)
            server.Freeze();
        else
            await server.KillAsync();
    }

    private static Task<CachedApp> StartAsync(RedisServer server, TimeSpan timeout) => CachedApp.StartAsync(
        server,
        web =>
        {
            web.MapPage("/a/{id}", new RedisResponseCacheAttribute { Duration = 600, Tags = ["things"] });
            web.MapPost("/change", () => "changed")
                .WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["things", "more", "and more"], Paths = ["/a/1", "/a/2"] });
        },
        new AppSetup { Options = options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = timeout });

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
