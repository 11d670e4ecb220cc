using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.Redis.Entries;

public sealed class LargeValuesTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly RedisConnection _connection = new(
        new RedisExpiringCacheOptions { ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("There is none.") },
        TimeProvider.System,
        new ConnectionTelemetry(new CacheMetrics(factory: null), loggerFactory: null));

    private LargeValues Large => _connection.Large;

    public void Dispose() => _connection.Dispose();

    [Fact]
    public void A_timeout_is_extended_by_one_millisecond_for_each_16_KiB_and_only_once()
    {
        var call = OperationContext.Detached();
        var once = Large.Extend(call, 16 * MiB);
        Assert.Equal(TimeSpan.FromMilliseconds(1000 + 1024), _connection.TimeLimitOf(once).Time);
        Assert.Equal(_connection.TimeLimitOf(once), _connection.TimeLimitOf(Large.Extend(once, 16 * MiB)));
        Assert.Equal(TimeSpan.FromSeconds(1), _connection.TimeLimitOf(Large.Extend(call, LargeValues.Threshold - 1)).Time);
    }

    [Fact]
    public void An_observed_size_has_precedence_over_an_expected_one()
    {
        Assert.Equal((0, 0, MiB), (Large.SizeOf("a"), Large.SizeOf("a", 10), Large.SizeOf("a", MiB)));
        Large.Remember("a", 2 * MiB);
        Assert.Equal(2 * MiB, Large.SizeOf("a", MiB));
        Large.Remember("a", 10);
        Assert.Equal(0, Large.SizeOf("a", MiB));
    }

    [Fact]
    public void A_read_is_refused_while_too_much_is_in_flight_and_admitted_when_replies_have_come()
    {
        var reply = new TaskCompletionSource();
        Large.Admit(100 * MiB);
        Large.Track(reply.Task, 40 * MiB);
        Large.Admit(24 * MiB);
        Assert.Throws<TooSlowException>(() => Large.Admit(25 * MiB));
        reply.SetResult();
        Large.Admit(100 * MiB);
        Assert.False(Large.IsBusy);
    }

    [Fact]
    public void A_key_has_an_unsettled_write_until_each_of_its_replies_has_come()
    {
        TaskCompletionSource first = new(), second = new();
        Large.TrackWrite("a", first.Task, MiB);
        Large.TrackWrite("a", second.Task, MiB);
        second.SetException(new TimeoutException());
        Assert.True(Large.HasUnsettledWrite("a"));
        Assert.False(Large.HasUnsettledWrite("b"));
        first.SetResult();
        Assert.False(Large.HasUnsettledWrite("a"));
        Assert.False(Large.HasUnsettledWrites);
    }

    [Fact]
    public void A_value_is_too_slow_while_its_late_reply_is_on_its_way_and_afterwards_only_if_it_arrived()
    {
        LargeValue arrived = new(MiB) { IsPending = true, Pause = LargeValue.FirstPause };
        LargeValue lost = new(MiB) { IsPending = true, Pause = LargeValue.FirstPause };
        Assert.True(arrived.IsTooSlow && lost.IsTooSlow);
        arrived.Settle(hasArrived: true);
        lost.Settle(hasArrived: false);
        Assert.True(arrived.IsTooSlow);
        Assert.False(lost.IsTooSlow);
        Assert.Equal(2 * LargeValue.FirstPause, arrived.NextPause);
    }
}
