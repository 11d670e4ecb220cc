using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>What Redis may say in place of a reply, and what becomes of reads, writes, evictions and the circuit: the table of docs/when-redis-fails.md, row by row.</summary>
public sealed class ReplyTableTests(RedisFixture fixture)
{
    private const int FailuresBeforeOpening = 3;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly string _key = Some.Key();
    private readonly byte[] _old = Some.Bytes();
    private readonly byte[] _new = Some.Bytes();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>To which commands Redis gives this answer.</summary>
    public enum At
    {
        Everything,
        Writes,
        WritesButDel,
    }

    /// <summary>What has to come of it.</summary>
    public enum Opens
    {
        TheCircuit,
        TheCircuitForWrites,
        Nothing,
    }

    public static TheoryData<string, At, Opens> Replies => new()
    {
        { "LOADING Redis is loading the dataset in memory", At.Everything, Opens.TheCircuit },
        { "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", At.Everything, Opens.TheCircuit },
        { "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", At.Everything, Opens.TheCircuit },
        { "TRYAGAIN Multiple keys request during rehashing of slot", At.Everything, Opens.TheCircuit },
        { "CLUSTERDOWN Hash slot not served", At.Everything, Opens.TheCircuit },
        { "READONLY You can't write against a read only replica.", At.Writes, Opens.TheCircuitForWrites },
        { "NOREPLICAS Not enough good replicas to write.", At.Writes, Opens.TheCircuitForWrites },
        { "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", At.Writes, Opens.TheCircuitForWrites },
        { "OOM command not allowed when used memory > 'maxmemory'.", At.WritesButDel, Opens.Nothing },
        { "NOPERM User app has no permissions to run this command", At.Writes, Opens.Nothing },
        { "NOPERM User app has no permissions to run any command", At.Everything, Opens.Nothing },
        { "ERR something that nobody has heard of", At.Everything, Opens.Nothing },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task The_data_cache_throws_it_in_redis_own_words(string reply, At at, Opens opens)
    {
        await using var door = RedisDoor.To(fixture.Server);
        await using var cache = Connect(door, options => options.CircuitBreaker.FailuresBeforeOpening = 1_000);
        await cache.SetAsync(_key, _old, Caches.Relative(600), Token);
        door.Answer = command => Concerns(at, command) ? reply : null;

        if (at == At.Everything)
            await AssertSaysAsync(reply, () => cache.GetAsync(_key, Token));
        else
            Assert.Equal(_old, await cache.GetAsync(_key, Token));

        await AssertSaysAsync(reply, () => cache.SetAsync(_key, _new, Caches.Relative(600), Token));
        if (at == At.WritesButDel)
            await cache.RemoveAsync(_key, Token);
        else
            await AssertSaysAsync(reply, () => cache.RemoveAsync(_key, Token));

        door.Answer = static _ => null;
        var read = await cache.GetAsync(_key, Token);

        // A DEL that was tried again and again may be on its way still when the door opens.
        var mayBeGone = opens == Opens.TheCircuit && read is null;
        Assert.True(mayBeGone || read?.SequenceEqual(_old) is true == (at != At.WritesButDel), $"{read?.Length} bytes");
        Assert.NotEqual(Opens.TheCircuit, at == At.Writes ? opens : Opens.Nothing);
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task Degrading_it_goes_on_and_never_passes_an_old_value_off_as_the_new_one(string reply, At at, Opens opens)
    {
        await using var door = RedisDoor.To(fixture.Server);
        using var log = new RecordingLoggerProvider();
        await using var cache = Connect(door, options => options.FailureMode = FailureMode.Degrade, log);
        string untouched = _key + "-untouched", removed = _key + "-removed", tagged = _key + "-tagged";
        foreach (var key in new[] { _key, untouched, removed })
            await cache.SetAsync(key, _old, Caches.Relative(600), Token);
        await cache.SetAsync(tagged, new ReadOnlySequence<byte>(_old), Caches.Relative(600), [_key], Token);

        door.Answer = command => Concerns(at, command) ? reply : null;
        for (var i = 0; i < 2 * FailuresBeforeOpening; i++)
        {
            Assert.Equal(at == At.Everything ? null : _old, await cache.GetAsync(untouched, Token));
            await cache.SetAsync(_key, _new, Caches.Relative(600), Token);
            Assert.Null(await cache.GetAsync(_key, Token));
            await cache.RemoveAsync(removed, Token);
            Assert.Null(await cache.GetAsync(removed, Token));
            await cache.RemoveByTagAsync(_key, Token);
            Assert.Null(await cache.GetAsync(tagged, Token));
            Assert.False(await cache.ExpireAsync(_key, Caches.Relative(60), Token));
            Assert.Null(await cache.GetLifetimeAsync(_key, Token));
        }

        // As soon as Redis is itself again, and never the old values.
        door.Answer = static _ => null;
        await Eventually.True(() => IsStillAsync(cache, untouched, _old), Soon, "reads to work again");
        foreach (var key in new[] { _key, removed, tagged })
            Assert.Null(await cache.GetAsync(key, Token));

        await Eventually.True(() => IsKeptAsync(cache, _key, _new), Soon, "writes to work again");
        Assert.Contains(log.Records, record => record.Event.Id == 4 && record.Level == LogLevel.Warning);
        Assert.True(opens == Opens.Nothing || log.Records.Any(record => record.Event.Id == 50), "The circuit did not open.");
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task The_circuit_opens_for_all_or_for_writes_or_not_at_all_and_closes_again(string reply, At at, Opens opens)
    {
        await using var door = RedisDoor.To(fixture.Server);
        using var meters = new RecordingMeters();
        await using var cache = Connect(door, meters: meters);
        await cache.SetAsync(_key, _old, Caches.Relative(600), Token);
        door.Answer = command => Concerns(at, command) ? reply : null;
        for (var i = 0; i < 3 * FailuresBeforeOpening; i++)
        {
            await Record.ExceptionAsync(() => cache.GetAsync(_key, Token));
            await Record.ExceptionAsync(() => cache.SetAsync(_key, _new, Caches.Relative(600), Token));
        }

        Assert.Equal(opens == Opens.TheCircuit, Open(meters, "all") > 0);
        Assert.Equal(opens == Opens.TheCircuitForWrites, Open(meters, "writes") > 0);

        door.Answer = static _ => null;
        await Eventually.True(() => IsKeptAsync(cache, _key, _new), Soon, "the cache to be in use again");
        Assert.Equal((0, 0), (Open(meters, "all"), Open(meters, "writes")));
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task Responses_the_app_answers_hits_go_on_where_redis_reads_and_an_eviction_is_never_undone(string reply, At at, Opens opens)
    {
        await using var door = RedisDoor.To(fixture.Server);
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/a/{id}", new RedisResponseCacheAttribute { Duration = 600, Tags = ["{id}"] }),
            new AppSetup { ConnectionString = door.ConnectionString, Options = Setup });
        await CachedApp.ConnectAsync((IRedisExpiringCache)app.Services.GetService(typeof(IRedisExpiringCache))!);
        foreach (var id in new[] { "hit", "path", "tag" })
            await app.WarmAsync($"/a/{id}");

        door.Answer = command => Concerns(at, command) ? reply : null;
        for (var i = 0; i < 2 * FailuresBeforeOpening; i++)
        {
            var answer = await app.GetAsync("/a/hit");
            Assert.Equal((200, at != At.Everything), ((int)answer.Status, answer.IsHit));
            Assert.Equal(200, (int)(await app.GetAsync($"/a/new-{i}")).Status);
        }

        foreach (var (id, evict) in new (string, Func<Task>)[] { ("path", () => app.Control.EvictAsync("/a/path", Token).AsTask()), ("tag", () => app.Control.EvictByTagAsync("tag", Token).AsTask()) })
        {
            var failure = await Record.ExceptionAsync(evict);
            Assert.True(at == At.WritesButDel ? failure is null : failure is RedisException, $"{failure}");
            Assert.False((await app.GetAsync($"/a/{id}")).IsHit);
        }

        door.Answer = static _ => null;
        foreach (var id in new[] { "path", "tag", "new-0" })
        {
            var stale = id == "path" ? "page 2" : "page 3";
            await Eventually.True(
                async () =>
                {
                    var answer = await app.GetAsync($"/a/{id}");
                    Assert.NotEqual(id == "new-0" ? "" : stale, answer.Body);
                    return answer.IsHit;
                },
                Soon,
                $"hits of {id} to be back");
        }

        Assert.True(opens != Opens.TheCircuit || app.Metrics.Count("circuits.open", ("scope", "all")) >= 2);
    }

    private static void Setup(RedisExpiringCacheOptions options)
    {
        options.CircuitBreaker.FailuresBeforeOpening = FailuresBeforeOpening;
        options.CircuitBreaker.OpenFor = TimeSpan.FromMilliseconds(50);
    }

    private static RedisExpiringCache Connect(
        RedisDoor door, Action<RedisExpiringCacheOptions>? also = null, RecordingLoggerProvider? log = null, RecordingMeters? meters = null) => Caches.Connect(
        door.ConnectionString,
        options =>
        {
            Setup(options);
            options.OperationTimeout = TimeSpan.FromSeconds(4);
            also?.Invoke(options);
        },
        log,
        meters);

    private static bool Concerns(At at, string command) => command switch
    {
        "TIME" or "PING" => at == At.Everything,
        "SET" or "EVAL" or "EVALSHA" => true,
        "DEL" => at != At.WritesButDel,
        _ => at == At.Everything,
    };

    private static double Open(RecordingMeters meters, string scope) => meters.All
        .Where(one => one.Instrument == "redis_expiry_cache.circuits.open" && Equals(one.Tags["scope"], scope)).Sum(one => one.Value);

    private static async Task AssertSaysAsync(string reply, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<RedisServerException>(call);
        Assert.StartsWith(reply[..reply.IndexOf(' ', StringComparison.Ordinal)], failure.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> IsStillAsync(RedisExpiringCache cache, string key, byte[] old) => (await cache.GetAsync(key, Token))?.SequenceEqual(old) is true;

    private static async Task<bool> IsKeptAsync(RedisExpiringCache cache, string key, byte[] value)
    {
        await Record.ExceptionAsync(() => cache.SetAsync(key, value, Caches.Relative(600), Token));
        return await Record.ExceptionAsync(() => cache.GetAsync(key, Token)) is null && (await cache.GetAsync(key, Token))?.SequenceEqual(value) is true;
    }
}
