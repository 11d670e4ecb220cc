namespace RedisExpiryCache.Tests;

public class LogThrottleTests
{
    [Fact]
    public void A_warning_is_due_once()
    {
        var throttle = new LogThrottle();
        Assert.True(throttle.IsDue("key damaged"));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(throttle.IsDue("key damaged")));
    }

    [Fact]
    public void Of_many_who_ask_at_once_one_is_told_to_speak()
    {
        for (var round = 0; round < 200; round++)
        {
            var (throttle, due) = (new LogThrottle(), 0);
            Parallel.For(0, 16, _ => Interlocked.Add(ref due, throttle.IsDue("key damaged") ? 1 : 0));
            Assert.Equal(1, due);
        }
    }

    [Fact]
    public void Another_warning_is_due_too()
    {
        var throttle = new LogThrottle();
        Assert.True(throttle.IsDue("key damaged"));
        Assert.True(throttle.IsDue("key foreign"));
    }

    [Fact]
    public void Two_caches_do_not_silence_each_other()
    {
        Assert.True(new LogThrottle().IsDue("key damaged"));
        Assert.True(new LogThrottle().IsDue("key damaged"));
    }
}
