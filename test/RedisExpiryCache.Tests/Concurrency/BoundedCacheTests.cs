using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.Tests.Concurrency;

public class BoundedCacheTests
{
    [Fact]
    public void What_was_remembered_is_found_by_exactly_its_key()
    {
        var recent = new BoundedCache<string>(10);
        recent.Remember("key", "value");
        Assert.Equal("value", recent.Find("key"));
        Assert.Null(recent.Find("KEY"));
    }

    [Fact]
    public void The_latest_value_counts()
    {
        var recent = new BoundedCache<string>(4);
        recent.Remember("key", "old");
        recent.Remember("other", "…");
        recent.Remember("key", "new");
        Assert.Equal("new", recent.Find("key"));
    }

    [Fact]
    public void It_holds_no_more_than_its_capacity()
    {
        const int Capacity = 100;
        var recent = new BoundedCache<string>(Capacity);
        for (var i = 0; i < 10 * Capacity; i++)
            recent.Remember($"{i}", "value");

        // Finding moves what is found to the younger half, so ask a copy of the question once each, the latest last.
        var found = Enumerable.Range(0, 10 * Capacity).Count(i => recent.Find($"{i}") is not null);
        Assert.InRange(found, Capacity / 4, Capacity);
    }

    [Fact]
    public void What_is_used_stays()
    {
        var recent = new BoundedCache<string>(100);
        recent.Remember("hot", "value");
        for (var i = 0; i < 1_000; i++)
        {
            recent.Remember($"{i}", "value");
            Assert.NotNull(recent.Find("hot"));
        }
    }

    [Fact]
    public void Many_threads_do_not_make_it_grow()
    {
        const int Capacity = 100;
        var recent = new BoundedCache<string>(Capacity);
        Parallel.For(0, 20_000, i => recent.Remember($"{i}", "value"));
        var found = Enumerable.Range(0, 20_000).Count(i => recent.Find($"{i}") is not null);
        Assert.InRange(found, 1, 2 * Capacity);
    }
}
