using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>Redis dies, hangs or refuses under an app with [OutputCache]: the app answers, and an eviction says that it did not happen.</summary>
public sealed class OutputCacheAwayTests : IAsyncLifetime
{
    private RedisServer? _server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Fact]
    public async Task Killed_under_load_every_request_is_answered_and_hits_come_back()
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(1));
        await app.GetAsync("/page/0");
        var answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var answer = await app.GetAsync($"/page/{i % 20}");
            Assert.Equal(200, (int)answer.Status);
            Assert.StartsWith("page ", answer.Body, StringComparison.Ordinal);
            if (Interlocked.Increment(ref answered) == 60)
                await Server.KillAsync();
        });

        Assert.Equal(200, answered);
        Assert.Null((await app.GetAsync("/page/0"))["Age"]);
        await Server.RestartAsync();
        await Eventually.True(async () => (await app.GetAsync("/page/0"))["Age"] is not null, Caches.Patience, "hits to be back");
    }

    [Fact]
    public async Task Not_there_when_the_app_starts_it_is_used_once_it_is_there()
    {
        await Server.KillAsync();
        await using var app = await StartAsync(TimeSpan.FromMilliseconds(500), reachable: false);
        Assert.Equal((200, "page 1"), await StatusAndBodyAsync(app, "/page/1"));
        Assert.Equal((200, "page 2"), await StatusAndBodyAsync(app, "/page/1"));
        await Server.RestartAsync();
        await Eventually.True(async () => (await app.GetAsync("/page/1"))["Age"] is not null, Caches.Patience, "hits");
    }

    [Fact]
    public async Task Frozen_no_request_fails_and_none_waits_much_longer_than_the_time_out()
    {
        await using var app = await StartAsync(TimeSpan.FromMilliseconds(250));
        await app.GetAsync("/page/1");
        Server.Freeze();
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal((200, $"page {i + 2}"), await StatusAndBodyAsync(app, "/page/1"));
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }


        // No answer, or no longer asked: the circuit is open by now.
        var failure = await Record.ExceptionAsync(() => app.Store.EvictByTagAsync("pages", Token).AsTask());
        Assert.True(failure is RedisTimeoutException or RedisConnectionException, $"{failure}");
        Server.Thaw();
        await Eventually.True(async () => (await app.GetAsync("/page/1"))["Age"] is not null, Caches.Patience, "hits to be back");
    }

    [Fact]
    public async Task Killed_an_eviction_throws_and_is_logged_as_an_error()
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(1));
        await app.GetAsync("/page/1");
        await Server.KillAsync();
        await Assert.ThrowsAnyAsync<RedisException>(() => app.Store.EvictByTagAsync("pages", Token).AsTask());
        await Assert.ThrowsAnyAsync<RedisException>(() => app.Store.EvictByTagAsync("pages", Token).AsTask());
        var logged = Assert.Single(app.Logs, static record => record.Event.Id == 42);
        Assert.Equal((LogLevel.Error, "pages"), (logged.Level, logged.Values["Tag"]));
        Assert.Equal(2, app.Metrics.Count("output.operations", ("operation", "evict-by-tag"), ("outcome", "error")));
    }

    [Fact]
    public async Task Read_only_hits_go_on_stores_are_dropped_and_an_eviction_throws()
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(5));
        Assert.Equal((200, "page 1"), await StatusAndBodyAsync(app, "/page/1"));
        await Server.Raw.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");

        await Assert.ThrowsAnyAsync<RedisException>(() => app.Store.EvictByTagAsync("pages", Token).AsTask());
        Assert.Equal((200, "page 1"), await StatusAndBodyAsync(app, "/page/1"));
        Assert.Equal((200, "page 2"), await StatusAndBodyAsync(app, "/page/2"));
        Assert.Equal((200, "page 3"), await StatusAndBodyAsync(app, "/page/2"));
        Assert.True(app.Metrics.Count("output.operations", ("operation", "set"), ("outcome", "error")) == 2, string.Join(", ", app.Logs));

        await Server.Raw.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Eventually.True(() => EvictsAsync(app), Caches.Patience, "evictions to work again");
        Assert.Equal((200, "page 4"), await StatusAndBodyAsync(app, "/page/1"));
    }

    [Fact]
    public async Task Full_hits_and_evictions_go_on()
    {
        await using var app = await StartAsync(Caches.Patience);
        await app.GetAsync("/page/1");
        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal((200, "page 1"), await StatusAndBodyAsync(app, "/page/1"));
        Assert.Equal((200, "page 2"), await StatusAndBodyAsync(app, "/page/2"));
        Assert.Equal((200, "page 3"), await StatusAndBodyAsync(app, "/page/2"));
        await app.Store.EvictByTagAsync("pages", Token);
        Assert.Equal((200, "page 4"), await StatusAndBodyAsync(app, "/page/1"));
        Assert.True(app.Metrics.Count("output.operations", ("operation", "set"), ("outcome", "error"), ("reason", "redis-refused")) >= 2);
    }

    [Fact]
    public async Task A_user_who_may_not_delete_is_told_that_nothing_was_evicted()
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(5));
        await app.GetAsync("/page/1");
        await Server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "-del");
        var failure = await Assert.ThrowsAsync<RedisServerException>(() => app.Store.EvictByTagAsync("pages", Token).AsTask());
        Assert.StartsWith("NOPERM", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_trouble_is_one_warning_a_minute_and_every_call_in_the_metrics()
    {
        await using var app = await StartAsync(TimeSpan.FromMilliseconds(500));
        await app.GetAsync("/page/1");
        await Server.KillAsync();
        for (var i = 0; i < 20; i++)
            await app.GetAsync("/page/1");

        var warnings = app.Logs.Where(record => record.Event.Id == 41).Select(record => $"{record.Values["Operation"]} {record.Values["Reason"]}").ToArray();
        Assert.Contains(warnings, warning => warning.StartsWith("get redis-", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.StartsWith("set redis-", StringComparison.Ordinal));
        Assert.Equal(warnings.Distinct(), warnings);
        Assert.Equal(20, app.Metrics.Count("output.operations", ("operation", "get"), ("outcome", "error")));
        Assert.Equal(20, app.Metrics.Count("output.operations", ("operation", "set"), ("outcome", "error")));
    }

    [Fact]
    public async Task What_a_page_varies_by_is_neither_logged_nor_in_a_key()
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(2));
        (string, string) secret = ("Accept-Language", "s3cr3t");
        await app.GetAsync("/language?token=s3cr3t", secret);
        await app.GetAsync("/language?token=s3cr3t", secret);
        var keys = await Server.KeysAsync("");
        Assert.Contains(keys, key => key.Contains("/LANGUAGE#", StringComparison.Ordinal));
        await Server.KillAsync();
        await app.GetAsync("/language?token=s3cr3t", secret);
        Assert.Contains(app.Logs, record => record.Event.Id == 41);
        Assert.All(keys, key => Assert.DoesNotContain("s3cr3t", key, StringComparison.Ordinal));
        Assert.All(app.Logs, record => Assert.DoesNotContain("s3cr3t", $"{record.Message} {record.Exception}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_outcome_is_one_name_in_the_metrics_and_in_the_log()
    {
        await using var app = await StartAsync(Caches.Patience);
        await app.GetAsync("/page/1");
        await app.GetAsync("/page/1");
        await app.Store.EvictByTagAsync("pages", Token);
        await app.GetAsync("/page/1");

        string[] expected = ["get miss absent", "set done", "get hit", "evict-by-tag done", "get miss tag-removed", "set done"];
        Assert.Equal(expected, app.Metrics.All.Where(one => one.Instrument == "redis_expiry_cache.output.operations")
            .Select(one => $"{one.Tags["operation"]} {one.Tags["outcome"]} {one.Tags["reason"]}".TrimEnd()));
        Assert.Equal(expected, app.Logs.Where(record => record.Event.Id == 40)
            .Select(record => $"{record.Values["Operation"]} {record.Values["Outcome"]} {record.Values["Reason"]}".TrimEnd()));
        Assert.Equal(expected.Length, app.Metrics.Count("output.operation.duration"));
    }

    private Task<OutputApp> StartAsync(TimeSpan timeout, bool reachable = true) => OutputApp.StartAsync(
        OutputStorage.Redis,
        OutputPages.Map,
        options => (options.Configuration, options.OperationTimeout) = (Server.ConnectionString, timeout),
        reachable);

    private static async Task<(int Status, string Body)> StatusAndBodyAsync(OutputApp app, string path)
    {
        var answer = await app.GetAsync(path);
        return ((int)answer.Status, answer.Body);
    }

    private static async Task<bool> EvictsAsync(OutputApp app) => await Record.ExceptionAsync(() => app.Store.EvictByTagAsync("pages", Token).AsTask()) is null;
}
