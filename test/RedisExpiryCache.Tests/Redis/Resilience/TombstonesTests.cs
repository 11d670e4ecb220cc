using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.Redis.Resilience;

/// <summary>What is remembered of evictions that could not be done. Redis is not there, so nothing is made up for.</summary>
public sealed class TombstonesTests : IDisposable
{
    private readonly RedisConnection _connection;

    public TombstonesTests()
    {
        var options = new RedisExpiringCacheOptions { ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("There is none.") };
        _connection = new RedisConnection(options, TimeProvider.System, new ConnectionTelemetry(new CacheMetrics(factory: null), loggerFactory: null));
    }

    private Tombstones Pending => _connection.Pending;

    public void Dispose() => _connection.Dispose();

    [Fact]
    public void A_key_is_hidden_once_it_is_remembered_and_its_neighbours_are_not()
    {
        Assert.False(Pending.Contains("a"));
        Pending.Add(["a", "b"]);
        Assert.Equal((true, true, false, 2), (Pending.Contains("a"), Pending.Contains("b"), Pending.Contains("A"), Pending.Count));
        Pending.Add(["a"]);
        Assert.Equal(2, Pending.Count);
    }

    [Fact]
    public void A_write_since_lifts_it()
    {
        Assert.Equal(0, Pending.NumberOf("a"));
        Pending.Add(["a"]);
        Pending.Cancel("a", Pending.NumberOf("a"));
        Assert.Equal((false, 0), (Pending.Contains("a"), Pending.Count));
    }

    [Fact]
    public void A_write_that_began_before_the_last_removal_lifts_nothing()
    {
        Pending.Add(["a"]);
        var before = Pending.NumberOf("a");
        Pending.Add(["a"]);
        Pending.Cancel("a", before);
        Pending.Cancel("a", 0);
        Assert.True(Pending.Contains("a"));
    }

    [Fact]
    public void Where_there_is_no_more_room_another_key_stands_for_the_rest()
    {
        Fill();
        Pending.Add(["one more", "and another"], orElse: "everything");
        Assert.Equal((false, true, false), (Pending.Contains("one more"), Pending.Contains("everything"), Pending.HasOverflowed));
        Assert.Equal(Tombstones.Capacity + 1, Pending.Count);
    }

    [Fact]
    public void Where_nothing_stands_for_the_rest_it_is_lost_and_that_is_known()
    {
        Fill();
        Assert.False(Pending.HasOverflowed);
        Pending.Add(["0"]);
        Assert.False(Pending.HasOverflowed);
        Pending.Add(["one more"]);
        Assert.Equal((true, false, Tombstones.Capacity), (Pending.HasOverflowed, Pending.Contains("one more"), Pending.Count));
    }

    private void Fill() => Pending.Add([.. Enumerable.Range(0, Tombstones.Capacity).Select(static i => $"{i}")]);
}
