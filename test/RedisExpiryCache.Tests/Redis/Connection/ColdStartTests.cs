using RedisExpiryCache.Redis.Connection;

namespace RedisExpiryCache.Tests.Redis.Connection;

/// <summary>When the first requests of a process no longer get more time.</summary>
public sealed class ColdStartTests
{
    private readonly ColdStart cold = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(33, true)]
    public void A_cold_start_is_over_after_more_replies_than_a_first_page_needs(int replies, bool isOver)
    {
        for (var reply = 0; reply < replies; reply++)
            cold.Replied();

        Assert.Equal(isOver, cold.IsOver);
    }

    [Fact]
    public void A_cold_start_that_was_ended_is_over()
    {
        cold.End();
        Assert.True(cold.IsOver);
    }
}
