using RedisExpiryCache.ResponseCaching.Collapsing;

namespace RedisExpiryCache.Tests.ResponseCaching.Collapsing;

/// <summary>Whether a request without Redis calls the app at once, or waits for others.</summary>
public sealed class OriginLatencyTests
{
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);

    private readonly OriginLatency pace = new();

    [Fact]
    public void A_page_that_nobody_has_timed_is_not_taken_for_quick() => Assert.False(pace.TryEnter());

    [Fact]
    public void After_a_quick_answer_each_calls_by_itself()
    {
        Answer(Short);
        Assert.True(pace.TryEnter());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Quick_ends_at_a_bound(int ticksMore, bool isQuick)
    {
        Answer(OriginLatency.Quick - TimeSpan.FromTicks(1) + TimeSpan.FromTicks(ticksMore));
        Assert.Equal(isQuick, pace.TryEnter());
    }

    [Fact]
    public void A_call_that_was_given_up_says_nothing()
    {
        Answer(Slow);
        pace.Enter();
        pace.Leave(took: null);
        Assert.False(pace.TryEnter());
    }

    [Fact]
    public void A_quick_page_whose_call_fails_is_not_quick_any_more()
    {
        Answer(Short);
        Assert.True(pace.TryEnter());
        pace.Fail();
        Assert.False(pace.TryEnter());
    }

    [Fact]
    public void One_answer_that_was_late_does_not_make_a_page_slow_and_some_do()
    {
        Answer(Short);
        Answer(TimeSpan.FromMilliseconds(50));
        Assert.True(pace.TryEnter());
        for (var i = 0; i < 3; i++)
            Answer(TimeSpan.FromMilliseconds(50));

        Assert.False(pace.TryEnter());
    }

    [Fact]
    public void A_slow_page_that_has_become_quick_is_taken_for_that_after_some_answers()
    {
        Answer(Slow);
        for (var i = 0; i < 5; i++)
            Answer(Short);

        Assert.False(pace.TryEnter());
        for (var i = 0; i < 15; i++)
            Answer(Short);

        Assert.True(pace.TryEnter());
    }

    [Fact]
    public void A_quick_page_that_hangs_is_called_a_bounded_number_of_times()
    {
        Answer(Short);
        for (var i = 0; i < OriginLatency.MostAtOnce; i++)
            Assert.True(pace.TryEnter());

        Assert.False(pace.TryEnter());
        Assert.False(pace.TryEnter());
        pace.Leave(took: null);
        Assert.True(pace.TryEnter());
        Assert.False(pace.TryEnter());
    }

    private void Answer(TimeSpan took)
    {
        pace.Enter();
        pace.Leave(took);
    }
}
