using RedisExpiryCache.Expiry;

namespace RedisExpiryCache.Tests.Expiry;

public sealed class EarlyRefreshTests
{
    private static readonly TimeSpan Cost = TimeSpan.FromSeconds(1);

    [Fact]
    public void Without_a_factor_nothing_is_due() => Assert.False(EarlyRefresh.IsDue(TimeSpan.Zero, Cost, 0, 0.000001));

    [Fact]
    public void The_less_time_is_left_the_more_uses_are_due()
    {
        var before = 0;
        for (var seconds = 10; seconds >= 0; seconds--)
        {
            var due = Enumerable.Range(1, 1000).Count(i => EarlyRefresh.IsDue(TimeSpan.FromSeconds(seconds), Cost, 1, i / 1000.0));
            Assert.True(due >= before, $"{seconds} s left: {due}, a second earlier {before}");
            before = due;
        }

        Assert.Equal(1000, before);
    }

    [Theory]
    [InlineData(1, 1, 0.3678, true)]
    [InlineData(1, 1, 0.3679, false)]
    [InlineData(2, 1, 0.3678, false)]
    [InlineData(2, 2, 0.3678, true)]
    [InlineData(100, 1, 1, false)]
    public void It_is_due_when_the_cost_drawn_by_lot_reaches_the_end(double seconds, double factor, double random, bool due) =>
        Assert.Equal(due, EarlyRefresh.IsDue(TimeSpan.FromSeconds(seconds), Cost, factor, random));

    [Fact]
    public void What_cost_nothing_is_never_due_before_its_end() => Assert.False(EarlyRefresh.IsDue(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, 1, 0.000001));
}
