using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.2</summary>
public class FreshnessTests
{
    [Fact]
    public void S_maxage_wins_over_max_age_and_Expires()
    {
        var response = Some.Response("max-age=20, s-maxage=10") with { HasExpires = true, Expires = Some.Now.AddSeconds(30) };

        Assert.Equal(Some.Seconds(10), Freshness.ExplicitLifetime(response, Some.Now));
    }

    [Fact]
    public void Max_age_wins_over_Expires()
    {
        var response = Some.Response("max-age=20") with { HasExpires = true, Expires = Some.Now.AddSeconds(30) };

        Assert.Equal(Some.Seconds(20), Freshness.ExplicitLifetime(response, Some.Now));
    }

    [Fact]
    public void An_invalid_s_maxage_does_not_fall_back_to_max_age() =>
        Assert.Equal(TimeSpan.Zero, Freshness.ExplicitLifetime(Some.Response("max-age=20, s-maxage=x"), Some.Now));

    [Fact]
    public void Expires_counts_from_Date()
    {
        var response = Some.Response() with { HasExpires = true, Expires = Some.Now.AddSeconds(30), Date = Some.Now.AddSeconds(-10) };

        Assert.Equal(Some.Seconds(40), Freshness.ExplicitLifetime(response, Some.Now));
    }

    [Fact]
    public void Expires_counts_from_the_response_time_where_Date_is_missing()
    {
        var response = Some.Response() with { HasExpires = true, Expires = Some.Now.AddSeconds(30) };

        Assert.Equal(Some.Seconds(30), Freshness.ExplicitLifetime(response, Some.Now));
    }

    [Fact]
    public void An_Expires_before_Date_is_zero()
    {
        var response = Some.Response() with { HasExpires = true, Expires = Some.Now.AddSeconds(-30), Date = Some.Now };

        Assert.Equal(TimeSpan.Zero, Freshness.ExplicitLifetime(response, Some.Now));
    }

    [Fact]
    public void An_invalid_Expires_is_zero() =>
        Assert.Equal(TimeSpan.Zero, Freshness.ExplicitLifetime(Some.Response() with { HasExpires = true }, Some.Now));

    [Fact]
    public void A_response_that_does_not_say_has_no_explicit_lifetime() =>
        Assert.Null(Freshness.ExplicitLifetime(Some.Response("public"), Some.Now));

    [Theory]
    [InlineData("7200", 7200L)]
    [InlineData(" 7200 ", 7200L)]
    [InlineData("7200,0", 7200L)]
    [InlineData("0, 7200", 0L)]
    [InlineData(",7200", 7200L)]
    [InlineData("99999999999999999999", 2147483648L)]
    [InlineData("abc", null)]
    [InlineData("-7200", null)]
    [InlineData("7200.0", null)]
    [InlineData("\"7200\"", null)]
    [InlineData("x, 7200", null)]
    [InlineData("", null)]
    public void Age_is_its_first_member_or_ignored(string age, long? seconds) =>
        Assert.Equal(seconds is { } s ? Some.Seconds(s) : null, Freshness.AgeValue(Some.Response() with { Age = age }));

    [Fact]
    public void Of_several_Age_lines_the_first_counts() =>
        Assert.Equal(Some.Seconds(5), Freshness.AgeValue(Some.Response() with { Age = new StringValues(["5", "90"]) }));

    [Fact]
    public void The_initial_age_is_the_apparent_age_where_that_is_more()
    {
        var response = Some.Response() with { Date = Some.Now.AddSeconds(-30), Age = "10" };

        Assert.Equal(Some.Seconds(30), Freshness.CorrectedInitialAge(response, Some.Now.AddSeconds(-5), Some.Now));
    }

    [Fact]
    public void The_initial_age_is_Age_and_the_response_delay_where_that_is_more()
    {
        var response = Some.Response() with { Date = Some.Now.AddSeconds(-12), Age = "10" };

        Assert.Equal(Some.Seconds(15), Freshness.CorrectedInitialAge(response, Some.Now.AddSeconds(-5), Some.Now));
    }

    [Fact]
    public void A_Date_in_the_future_does_not_make_a_response_younger() =>
        Assert.Equal(TimeSpan.Zero, Freshness.CorrectedInitialAge(Some.Response() with { Date = Some.Now.AddDays(1) }, Some.Now, Some.Now));

    [Fact]
    public void A_clock_that_went_back_during_the_response_adds_no_delay() =>
        Assert.Equal(Some.Seconds(3), Freshness.CorrectedInitialAge(Some.Response() with { Age = "3" }, Some.Now.AddHours(1), Some.Now));

    [Fact]
    public void The_fraction_of_a_second_that_Date_cannot_say_is_no_age()
    {
        var now = Some.Now.AddMilliseconds(900);

        Assert.Equal(TimeSpan.Zero, Freshness.CorrectedInitialAge(Some.Response() with { Date = Some.Now }, now, now));
    }

    [Fact]
    public void The_current_age_is_the_initial_age_and_the_time_since()
    {
        var stored = Some.Stored() with { CorrectedInitialAge = Some.Seconds(7) };

        Assert.Equal(Some.Seconds(17), Freshness.CurrentAge(stored, Some.Now.AddSeconds(10)));
    }

    [Fact]
    public void A_clock_that_went_back_leaves_the_initial_age()
    {
        var stored = Some.Stored() with { CorrectedInitialAge = Some.Seconds(7) };

        Assert.Equal(Some.Seconds(7), Freshness.CurrentAge(stored, Some.Now.AddDays(-10)));
    }

    [Fact]
    public void The_current_age_is_never_below_the_initial_age_nor_beyond_the_end()
    {
        Gen.Select(Gen.DateTimeOffset, Gen.DateTimeOffset, Gen.TimeSpan).Sample((responseTime, now, initial) =>
        {
            var stored = Some.Stored() with { ResponseTime = responseTime, CorrectedInitialAge = initial };
            var age = Freshness.CurrentAge(stored, now);
            return age >= DeltaSeconds.Clamp(initial) && age <= DeltaSeconds.Max;
        });
    }

    [Fact]
    public void The_initial_age_is_never_negative_nor_beyond_the_end()
    {
        var age = Gen.OneOf(Gen.ULong.Select(value => value.ToString()), Gen.String);

        Gen.Select(Gen.DateTimeOffset, Gen.DateTimeOffset, Gen.DateTimeOffset, age).Sample((date, requestTime, responseTime, value) =>
        {
            var response = Some.Response() with { Date = date, Age = value };
            var initial = Freshness.CorrectedInitialAge(response, requestTime, responseTime);
            return initial >= TimeSpan.Zero && initial <= DeltaSeconds.Max;
        });
    }

    [Fact]
    public void The_lifetime_grows_with_max_age() =>
        Gen.Select(Gen.ULong, Gen.ULong).Sample((a, b) =>
        {
            var shorter = Freshness.ExplicitLifetime(Some.Response($"max-age={Math.Min(a, b)}"), Some.Now);
            var longer = Freshness.ExplicitLifetime(Some.Response($"max-age={Math.Max(a, b)}"), Some.Now);
            return TimeSpan.Zero <= shorter && shorter <= longer && longer <= DeltaSeconds.Max;
        });

    [Fact]
    public void The_lifetime_by_Expires_is_never_negative_nor_beyond_the_end() =>
        Gen.Select(Gen.DateTimeOffset, Gen.DateTimeOffset).Sample((date, expires) =>
        {
            var response = Some.Response() with { Date = date, HasExpires = true, Expires = expires };
            var lifetime = Freshness.ExplicitLifetime(response, Some.Now);
            return lifetime >= TimeSpan.Zero && lifetime <= DeltaSeconds.Max;
        });
}
