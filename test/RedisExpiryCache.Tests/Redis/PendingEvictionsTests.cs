using RedisExpiryCache.Redis;

namespace RedisExpiryCache.Tests.Redis;

/// <summary>What is remembered of evictions that could not be done. Redis is not there, so nothing is made up for.</summary>
public sealed class PendingEvictionsTests : IDisposable
{
    private readonly RedisConnection _connection;

    public PendingEvictionsTests()
    {
        var options = new RedisExpiringCacheOptions { ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("There is none.") };
        _connection = new RedisConnection(options, TimeProvider.System, new ConnectionReport(new CacheMetrics(factory: null), loggerFactory: null));
    }

    private PendingEvictions Pending => _connection.Pending;

    public void Dispose() => _connection.Dispose();

    [Fact]
    public void A_key_is_hidden_once_it_is_remembered_and_its_neighbours_are_not()
    {
        Assert.False(Pending.Hides("a"));
        Pending.Remember(["a", "b"]);
        Assert.Equal((true, true, false, 2), (Pending.Hides("a"), Pending.Hides("b"), Pending.Hides("A"), Pending.Count));
        Pending.Remember(["a"]);
        Assert.Equal(2, Pending.Count);
    }

    [Fact]
    public void A_write_since_lifts_it()
    {
        Assert.Equal(0, Pending.NumberOf("a"));
        Pending.Remember(["a"]);
        Pending.Lift("a", Pending.NumberOf("a"));
        Assert.Equal((false, 0), (Pending.Hides("a"), Pending.Count));
    }

    [Fact]
    public void A_write_that_began_before_the_last_removal_lifts_nothing()
    {
        Pending.Remember(["a"]);
        var before = Pending.NumberOf("a");
        Pending.Remember(["a"]);
        Pending.Lift("a", before);
        Pending.Lift("a", 0);
        Assert.True(Pending.Hides("a"));
    }

    [Fact]
    public void Where_there_is_no_more_room_another_key_stands_for_the_rest()
    {
        Fill();
        Pending.Remember(["one more", "and another"], orElse: "everything");
        Assert.Equal((false, true, false), (Pending.Hides("one more"), Pending.Hides("everything"), Pending.HasLost));
        Assert.Equal(PendingEvictions.Capacity + 1, Pending.Count);
    }

    [Fact]
    public void Where_nothing_stands_for_the_rest_it_is_lost_and_that_is_known()
    {
        Fill();
        Assert.False(Pending.HasLost);
        Pending.Remember(["0"]);
        Assert.False(Pending.HasLost);
        Pending.Remember(["one more"]);
        Assert.Equal((true, false, PendingEvictions.Capacity), (Pending.HasLost, Pending.Hides("one more"), Pending.Count));
    }

    private void Fill() => Pending.Remember([.. Enumerable.Range(0, PendingEvictions.Capacity).Select(static i => $"{i}")]);
}
