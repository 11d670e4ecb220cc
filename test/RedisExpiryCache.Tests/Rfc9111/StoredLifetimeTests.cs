using CsCheck;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.2: what is left of a lifetime.</summary>
public class StoredLifetimeTests
{
    private static StoredLifetime Lifetime(double? freshness, double age, double retention = 0) =>
        new(freshness is { } seconds ? Some.Seconds(seconds) : null, Some.Seconds(age), Sliding: null, Some.Seconds(retention));

    [Theory]
    [InlineData(60, 0, 0, 60)]
    [InlineData(60, 15, 0, 45)]
    [InlineData(60, 60, 0, 0)]
    [InlineData(60, 61, 0, 0)]
    [InlineData(60, 15, 100, 145)]
    [InlineData(60, 60, 100, 100)]
    [InlineData(60, 61, 100, 99)]
    [InlineData(60, 159, 100, 1)]
    [InlineData(60, 160, 100, 0)]
    [InlineData(60, 161, 100, 0)]
    [InlineData(2147483648, 0, 100, 2147483648)]
    [InlineData(2147483648, 101, 100, 2147483547)]
    [InlineData(0, 0, 100, 100)]
    public void The_time_to_live_is_what_is_left_of_freshness_and_then_the_retention(double freshness, double age, double retention, double left) =>
        Assert.Equal(Some.Seconds(left), Lifetime(freshness, age, retention).TimeToLive);

    [Fact]
    public void Without_an_end_of_freshness_there_is_no_time_to_live() => Assert.Null(Lifetime(null, 15, 100).TimeToLive);

    [Fact]
    public void The_time_to_live_is_never_negative_nor_beyond_the_end() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.TimeSpan).Sample((freshness, age, retention) =>
        {
            var known = Freshness.ExplicitLifetime(Some.Response($"max-age={freshness}"), Some.Now);
            var initial = Freshness.CorrectedInitialAge(Some.Response() with { Age = $"{age}" }, Some.Now, Some.Now);
            var left = new StoredLifetime(known, initial, Sliding: null, retention).TimeToLive;
            return left >= TimeSpan.Zero && left <= DeltaSeconds.Max;
        });
}
