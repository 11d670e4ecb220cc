using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.Telemetry;

public class LogThrottleTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void A_warning_is_due_once_per_minute()
    {
        var throttle = new LogThrottle(time);
        Assert.True(throttle.IsDue("damaged", out _));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(throttle.IsDue("damaged", out var _)));

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(throttle.IsDue("damaged", out _));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(throttle.IsDue("damaged", out _));
    }

    [Fact]
    public void The_next_line_tells_how_many_events_were_not_logged()
    {
        var throttle = new LogThrottle(time);
        Assert.True(throttle.IsDue("damaged", out var suppressed));
        Assert.Equal(0, suppressed);
        for (var i = 0; i < 51_999; i++)
            throttle.IsDue("damaged", out _);

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(throttle.IsDue("damaged", out suppressed));
        Assert.Equal(51_999, suppressed);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(throttle.IsDue("damaged", out suppressed));
        Assert.Equal(0, suppressed);
    }

    [Fact]
    public void However_many_subjects_there_are_a_bounded_number_is_logged_per_minute()
    {
        var throttle = new LogThrottle(time);
        Assert.Equal(LogThrottle.MostLines, Enumerable.Range(0, 10_000).Count(i => throttle.IsDue("damaged", out _, $"/{i}")));

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(throttle.IsDue("damaged", out var suppressed, "/another"));
        Assert.Equal(10_000 - LogThrottle.MostLines, suppressed);
    }

    [Fact]
    public void Of_many_who_ask_at_once_one_is_told_to_speak()
    {
        for (var round = 0; round < 200; round++)
        {
            var (throttle, due) = (new LogThrottle(), 0);
            Parallel.For(0, 16, _ => Interlocked.Add(ref due, throttle.IsDue("key damaged", out var _) ? 1 : 0));
            Assert.Equal(1, due);
        }
    }

    [Fact]
    public void Another_warning_is_due_too()
    {
        var throttle = new LogThrottle();
        Assert.True(throttle.IsDue("damaged", out _));
        Assert.True(throttle.IsDue("foreign", out _));
        Assert.True(throttle.IsDue("damaged", out _, "/a"));
        Assert.True(throttle.IsDue("damaged", out _, "/b"));
    }

    [Fact]
    public void Two_caches_do_not_silence_each_other()
    {
        Assert.True(new LogThrottle().IsDue("key damaged", out _));
        Assert.True(new LogThrottle().IsDue("key damaged", out _));
    }
}
