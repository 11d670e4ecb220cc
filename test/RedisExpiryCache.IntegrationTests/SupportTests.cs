using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>The tests of the tests: what the other tests take for granted about their servers, their network and their clock.</summary>
public sealed class SupportTests(RedisFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly RedisServer _shared = fixture.Server;

    [Fact]
    public async Task The_shared_server_answers_and_tells_what_a_key_has_left_to_live()
    {
        var key = _shared.NewPrefix() + Some.Key();
        await _shared.Raw.StringSetAsync(key, Some.Text(), TimeSpan.FromMinutes(1));
        Assert.InRange((await _shared.TimeToLiveAsync(key))!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromMinutes(1));
        Assert.Null(await _shared.TimeToLiveAsync(key + "-missing"));
    }

    [Fact]
    public async Task Two_servers_run_side_by_side_and_leave_nothing_behind()
    {
        var one = await RedisServer.StartAsync();
        var other = await RedisServer.StartAsync("--requirepass", "secret");
        var pids = new[] { one.Pid, other.Pid };
        await one.Raw.StringSetAsync("key", "one");

        Assert.NotEqual(one.Port, other.Port);
        Assert.False(await other.Raw.KeyExistsAsync("key"));
        await one.DisposeAsync();
        await other.DisposeAsync();

        Assert.All(pids, pid => Assert.False(IsAlive(pid)));
        Assert.False(Directory.Exists(one.DataDirectory) || Directory.Exists(other.DataDirectory));
    }

    [Fact]
    public async Task A_killed_server_comes_back_on_the_same_port_with_what_its_arguments_told_it_to_keep()
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        var (port, pid) = (server.Port, server.Pid);
        await server.Raw.StringSetAsync("key", "kept");

        await server.KillAsync();
        Assert.False(IsAlive(pid));
        await server.RestartAsync();

        Assert.Equal(port, server.Port);
        Assert.NotEqual(pid, server.Pid);
        Assert.Equal("kept", await server.Raw.StringGetAsync("key"));
    }

    [Fact]
    public async Task A_server_without_persistence_forgets_when_it_is_stopped()
    {
        await using var server = await RedisServer.StartAsync();
        await server.Raw.StringSetAsync("key", "forgotten");
        server.Freeze();
        await server.StopAsync();
        await server.RestartAsync();
        Assert.False(await server.Raw.KeyExistsAsync("key"));
    }

    [Fact]
    public async Task A_frozen_server_answers_when_it_thaws()
    {
        await using var server = await RedisServer.StartAsync();
        server.Freeze();
        var answer = server.Raw.PingAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token));
        server.Thaw();
        await answer.WaitAsync(Soon, TimeProvider.System, Token);
    }

    [Fact]
    public async Task A_server_that_does_not_start_says_why()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RedisServer.StartAsync("--maxmemory-policy", "no-such-policy"));
        Assert.Contains("no-such-policy", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_ports_are_always_taken_gives_up()
    {
        var taken = $"{_shared.Port}";
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServer.StartAsync("--port", taken));
        Assert.Contains("taken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_are_counted_also_when_a_script_calls_them()
    {
        await using var server = await RedisServer.StartAsync();
        await server.Raw.StringGetAsync("key");
        await server.ResetCommandCountsAsync();
        await server.Raw.StringGetAsync("key");
        await server.Raw.ScriptEvaluateAsync("return redis.call('GET', KEYS[1])", ["key"]);

        Assert.Equal(2, await server.CommandCountAsync("GET"));
        Assert.Equal(0, await server.CommandCountAsync("set"));
        Assert.Equal(1, (await server.CommandCountsAsync())["get"] - 1);
    }

    [Fact]
    public async Task The_log_tells_what_a_client_sent_from_what_a_script_called()
    {
        await using var server = await RedisServer.StartAsync();
        await using var log = await server.MonitorAsync();
        await server.Raw.StringSetAsync("a key", "say \"hi\"\r\n\\ \u00e9");
        await server.Raw.ScriptEvaluateAsync("return redis.call('DEL', KEYS[1])", ["a key"]);

        var set = await log.WaitForAsync(line => line.Command == "SET", Soon);
        await log.CatchUpAsync();

        // The é is two bytes in UTF-8.
        Assert.Equal(["SET", "a key", "say \"hi\"\r\n\\ \u00c3\u00a9"], set.Words);
        Assert.False(set.IsLua);
        Assert.True(Assert.Single(log.Lines, line => line.Command == "DEL").IsLua);
        Assert.DoesNotContain(log.ClientLines, line => line.Command == "DEL");
        Assert.DoesNotContain(log.Lines, line => line.Command is "ECHO" or "CLIENT");
    }

    [Fact]
    public async Task A_log_ends_quietly_when_its_server_dies()
    {
        await using var server = await RedisServer.StartAsync();
        var log = await server.MonitorAsync();
        await server.KillAsync();

        Assert.Null(await Record.ExceptionAsync(async () => await log.DisposeAsync()));
    }

    [Fact]
    public async Task Garnet_answers_and_runs_a_script()
    {
        using var garnet = GarnetHost.Start();
        await using var client = await ConnectionMultiplexer.ConnectAsync(garnet.ConnectionString);
        var database = client.GetDatabase();
        await database.PingAsync();
        var answer = await database.ScriptEvaluateAsync(
            "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])", ["key"], ["value"]);
        Assert.Equal("value", (string?)answer);
    }

    [Fact]
    public void A_missing_redis_server_is_a_failure_that_names_the_remedy()
    {
        var empty = Directory.CreateTempSubdirectory().FullName;
        var failure = Assert.Throws<InvalidOperationException>(() => RedisBinary.Find([empty]));
        Directory.Delete(empty);

        Assert.Contains(empty, failure.Message, StringComparison.Ordinal);
        Assert.Contains("redis-server 6.2 or newer", failure.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install redis-server", failure.Message, StringComparison.Ordinal);
        Assert.Contains("test/run.sh", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_never_comes_true_fails_with_its_name()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => Eventually.True(() => false, TimeSpan.FromMilliseconds(30), "a miracle"));
        Assert.Contains("Waited in vain for a miracle", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_skewed_clock_is_off_but_runs_as_fast()
    {
        var skewed = new SkewedTimeProvider(TimeSpan.FromMinutes(-5));
        var start = skewed.GetTimestamp();
        Assert.InRange(TimeProvider.System.GetUtcNow() - skewed.GetUtcNow(), TimeSpan.FromMinutes(4.9), TimeSpan.FromMinutes(5.1));
        Assert.InRange(skewed.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void What_was_logged_can_be_asked_for_by_name()
    {
        using var provider = new RecordingLoggerProvider();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(provider));
        LoggerMessage.Define<string>(LogLevel.Warning, new EventId(7, "Lost"), "Lost {Key}")(factory.CreateLogger("cache"), "k1", null);

        var record = Assert.Single(provider.Records);
        Assert.Equal(("cache", LogLevel.Warning, 7, "Lost k1"), (record.Category, record.Level, record.Event.Id, record.Message));
        Assert.Equal("k1", record.Values["Key"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
