using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>A mark lets nothing be served for longer than it would have been served without one.</summary>
public sealed class MarkedStaleTests
{
    [Theory]
    [InlineData(0, 60, null, nameof(ReuseAction.ServeAndRevalidate))]
    [InlineData(60, 60, null, nameof(ReuseAction.ServeAndRevalidate))]
    [InlineData(61, 60, null, nameof(ReuseAction.Forward))]
    [InlineData(90, 60, 30, nameof(ReuseAction.ServeAndRevalidate))]
    [InlineData(91, 60, 30, nameof(ReuseAction.Forward))]
    [InlineData(1, 0, null, nameof(ReuseAction.Forward))]
    [InlineData(1_000_000, null, null, nameof(ReuseAction.ServeAndRevalidate))]
    public void What_is_marked_stale_is_served_while_it_would_have_been_anyway(int age, int? lifetime, int? whileRevalidating, string expected)
    {
        var stored = Some.Stored(age, lifetime) with { StaleWhileRevalidate = whileRevalidating is { } window ? Some.Seconds(window) : null };
        Assert.Equal(expected, Decide(stored.MarkedStale()).Action.ToString());
    }

    [Fact]
    public void What_forbids_being_served_stale_is_not_served_however_fresh_it_was() =>
        Assert.Equal(ReuseAction.Forward, Decide((Some.Stored() with { MustRevalidate = true }).MarkedStale()).Action);

    [Fact]
    public void No_lifetime_is_too_long_to_be_marked() =>
        Assert.Equal(ReuseAction.ServeAndRevalidate, Decide((Some.Stored(age: 1) with { FreshnessLifetime = TimeSpan.MaxValue, StaleWhileRevalidate = TimeSpan.MaxValue }).MarkedStale()).Action);

    private static ReuseVerdict Decide(StoredResponse stored) => Reuse.Decide(Some.Request(), stored, Some.Rules(), Some.Now);
}
