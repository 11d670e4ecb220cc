using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9111 1.2.2</summary>
public class DeltaSecondsTests
{
    [Fact]
    public void A_sum_stops_at_the_end()
    {
        Assert.Equal(DeltaSeconds.Max, DeltaSeconds.Add(TimeSpan.MaxValue, TimeSpan.MaxValue));
        Assert.Equal(DeltaSeconds.Max, DeltaSeconds.Add(DeltaSeconds.Max, TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void A_sum_is_never_negative() => Assert.Equal(TimeSpan.Zero, DeltaSeconds.Add(TimeSpan.MinValue, TimeSpan.MinValue));

    [Fact]
    public void The_time_between_two_moments_stops_at_both_ends()
    {
        Assert.Equal(DeltaSeconds.Max, DeltaSeconds.Between(DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
        Assert.Equal(TimeSpan.Zero, DeltaSeconds.Between(DateTimeOffset.MaxValue, DateTimeOffset.MinValue));
    }
}
