using RedisExpiryCache.Redis;

namespace RedisExpiryCache.Tests.Redis;

/// <summary>When the first requests of a process no longer get more time.</summary>
public sealed class ColdStartTests
{
    private readonly ColdStart cold = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(9, true)]
    public void A_cold_start_is_over_after_the_replies_of_a_first_page(int replies, bool isOver)
    {
        for (var reply = 0; reply < replies; reply++)
            cold.Replied();

        Assert.Equal(isOver, cold.IsOver);
    }

    [Fact]
    public void A_cold_start_is_over_after_a_time_out()
    {
        cold.TimedOut();
        Assert.True(cold.IsOver);
    }
}
