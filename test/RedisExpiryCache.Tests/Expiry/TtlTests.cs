using CsCheck;
using RedisExpiryCache.Expiry;

namespace RedisExpiryCache.Tests.Expiry;

public class TtlTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(1, 1)]
    [InlineData(9_999, 1)]
    [InlineData(10_000, 1)]
    [InlineData(19_999, 1)]
    [InlineData(20_000, 2)]
    [InlineData(15_000_000, 1_500)]
    [InlineData(609_000_000, 60_900)]
    [InlineData(long.MaxValue, 922_337_203_685_477)]
    public void Ticks_become_milliseconds_of_which_a_positive_span_has_at_least_one(long ticks, long milliseconds) =>
        Assert.Equal(milliseconds, Ttl.ToMilliseconds(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void Nothing_lives_longer_than_asked_nor_a_millisecond_less() => Gen.Long[TimeSpan.TicksPerMillisecond, long.MaxValue].Sample(ticks =>
    {
        var lost = ticks - Ttl.ToMilliseconds(TimeSpan.FromTicks(ticks)) * TimeSpan.TicksPerMillisecond;
        Assert.InRange(lost, 0, TimeSpan.TicksPerMillisecond - 1);
    });

    [Fact]
    public void An_end_never_overflows() => Gen.Select(Gen.DateTime, Gen.Long).Sample((moment, ticks) =>
    {
        var now = new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc));
        var span = TimeSpan.FromTicks(Math.Max(0, ticks));
        var end = Ttl.EndOf(now, span);
        Assert.Equal(span < Ttl.LastMoment - now ? now + span : Ttl.LastMoment, end);
        Assert.True(end <= Ttl.LastMoment);
    });

    [Fact]
    public void The_longest_span_there_is_ends_at_the_last_moment()
    {
        Assert.Equal(Ttl.LastMoment, Ttl.EndOf(Now, TimeSpan.MaxValue));
        Assert.Equal(Ttl.LastMoment, Ttl.EndOf(DateTimeOffset.UnixEpoch, TimeSpan.MaxValue));
    }

    [Fact]
    public void The_last_moment_is_a_whole_millisecond_and_survives_the_way_to_redis_and_back() =>
        Assert.Equal(Ttl.LastMoment, DateTimeOffset.FromUnixTimeMilliseconds(Ttl.LastMoment.ToUnixTimeMilliseconds()));

    [Fact]
    public void The_earlier_of_two_moments_is_the_same_from_either_side()
    {
        var later = Now.AddTicks(1);
        Assert.Equal(Now, Ttl.Earlier(Now, later));
        Assert.Equal(Now, Ttl.Earlier(later, Now));
    }
}
