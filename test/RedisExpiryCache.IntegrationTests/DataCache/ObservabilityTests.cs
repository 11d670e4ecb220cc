using System.Buffers;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Each outcome is one name, in the metrics and in the log alike.</summary>
public sealed class ObservabilityTests : IAsyncLifetime
{
    private readonly string _key = Some.Key();
    private readonly RecordingLoggerProvider _log = new();
    private readonly RecordingMeters _meters = new();
    private RedisServer? _server;
    private RedisExpiringCache? _cache;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    private RedisExpiringCache Cache => _cache!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _cache = Caches.Connect(
            Server.ConnectionString, options => options.OperationTimeout = TimeSpan.FromSeconds(4), _log, _meters);
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        _meters.Dispose();
        _log.Dispose();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task Every_call_is_counted_timed_and_logged_under_the_same_name()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Relative(60), Token);
        await Cache.GetAsync(_key, Token);
        await Cache.TryGetAsync(_key, new ArrayBufferWriter<byte>(), Token);
        await Cache.RefreshAsync(_key, Token);
        await Cache.GetLifetimeAsync(_key, Token);
        await Cache.ExpireAsync(_key, Caches.Sliding(60), Token);
        await Cache.RemoveAsync(_key, Token);
        await Cache.GetAsync(_key, Token);
        await Cache.RemoveByTagAsync("tag", Token);

        string[] expected =
        [
            "set done", "get hit", "get hit", "refresh done", "get-lifetime done", "expire done", "remove done", "get miss absent", "remove-by-tag done",
        ];
        Assert.Equal(expected, _meters.Operations);
        Assert.Equal(expected, _log.Records.Where(record => record.Event.Id == 1).Select(NameOf));
        Assert.All(_log.Records, record => Assert.Equal(LogLevel.Debug, record.Level));

        var durations = _meters.All.Where(one => one.Instrument == "redis_expiry_cache.data.operation.duration").ToList();
        Assert.Equal(expected.Length, durations.Count);
        Assert.All(durations, one => Assert.InRange(one.Value, 0.000001, 20));
        Assert.All(durations, one => Assert.Equal("s", one.Unit));
    }

    [Fact]
    public async Task Each_reason_for_a_miss_is_counted_by_its_name()
    {
        await Cache.GetAsync(_key, Token);
        await Cache.SetAsync(_key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["tag"], Token);
        await Cache.RemoveByTagAsync("tag", Token);
        await Cache.GetAsync(_key, Token);
        await Server.Raw.StringSetAsync(_key, "foreign");
        await Cache.GetAsync(_key, Token);
        await Server.Raw.KeyDeleteAsync(_key);
        await Server.Raw.SetAddAsync(_key, "wrong");
        await Cache.GetAsync(_key, Token);

        Assert.Equal(
            ["get miss absent", "get miss tag-removed", "get miss foreign", "get miss wrong-type"],
            _meters.Operations.Where(one => one.StartsWith("get", StringComparison.Ordinal)));
        Assert.Equal(["foreign", "wrong-type"], _log.Records.Where(record => record.Event.Id == 2).Select(record => record.Values["Reason"]));
    }

    [Fact]
    public async Task A_thousand_reads_of_a_damaged_entry_are_a_thousand_counts_and_one_line()
    {
        await Server.Raw.StringSetAsync(_key, "foreign");
        for (var i = 0; i < 1_000; i++)
        {
            await Cache.GetAsync(_key, Token);
        }

        Assert.Equal(1_000, _meters.Operations.Count(one => one == "get miss foreign"));
        Assert.Single(_log.Records, record => record.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task Each_kind_of_error_is_counted_by_its_name()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Relative(60), Token);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Cache.SetAsync(_key, [], Caches.At(DateTimeOffset.UnixEpoch), Token));
        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Assert.ThrowsAsync<RedisServerException>(() => Cache.SetAsync(_key, Some.Bytes(), Caches.NoExpiry, Token));
        Server.Freeze();
        await Assert.ThrowsAsync<RedisTimeoutException>(() => Cache.GetAsync(_key, Token));
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Cache.RefreshAsync(_key, impatient.Token));
        await Server.KillAsync();
        await Assert.ThrowsAnyAsync<RedisException>(() => Cache.RemoveAsync(_key, Token));
        await Cache.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Cache.GetLifetimeAsync(_key, Token).AsTask());

        string[] expected =
        [
            "set done", "set error misuse", "set error redis-refused", "get error redis-timeout", "refresh error canceled",
            "remove error redis-unavailable", "get-lifetime error misuse",
        ];
        Assert.Equal(expected, _meters.Operations);
        Assert.Equal(expected, _log.Records.Where(record => record.Event.Id == 1).Select(NameOf));
    }

    [Fact]
    public async Task A_slide_that_fails_after_its_read_is_said_once_and_the_read_still_counts()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Sliding(60), Token);
        await Cache.RefreshAsync(_key, Token);
        await Server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "-pexpire");
        Assert.NotNull(await Cache.GetAsync(_key, Token));
        Assert.NotNull(await Cache.GetAsync(_key, Token));
        await Eventually.True(() => _meters.Operations.Count(one => one == "slide error redis-refused") == 2, Caches.Patience, "two failed slides");
        Assert.Equal(2, _meters.Operations.Count(one => one == "get hit"));
        var warning = Assert.Single(_log.Records, record => record.Level == LogLevel.Warning);
        Assert.Equal((3, "redis-refused"), (warning.Event.Id, warning.Values["Reason"]));
    }

    [Fact]
    public async Task Values_are_never_logged()
    {
        var value = System.Text.Encoding.UTF8.GetBytes("s3cr3t value");
        await Cache.SetAsync(_key, value, Caches.Sliding(60), Token);
        await Cache.GetAsync(_key, Token);
        await Server.Raw.StringSetAsync(_key, "s3cr3t value");
        await Cache.GetAsync(_key, Token);
        Assert.NotEmpty(_log.Records);
        Assert.All(_log.Records, record => Assert.DoesNotContain("s3cr3t", $"{record.Message} {record.Exception}", StringComparison.Ordinal));
    }

    private static string NameOf(LogRecord record) =>
        $"{record.Values["Operation"]} {record.Values["Outcome"]} {record.Values["Reason"]}".TrimEnd(' ');
}
