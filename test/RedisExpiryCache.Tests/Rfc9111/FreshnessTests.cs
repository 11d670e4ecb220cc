using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
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

    [Fact]
    public void A_response_whose_Age_is_invalid_is_not_known_to_be_fresh()
    {
        var response = Some.Response("max-age=60") with { Age = "-5" };

        Assert.Equal(TimeSpan.Zero, Freshness.ExplicitLifetime(response, Some.Now));
        Assert.Null(Freshness.AgeValue(response));
        Assert.Equal(Some.Seconds(60), Freshness.ExplicitLifetime(response with { Age = "5" }, Some.Now));
        Assert.Equal(Some.Seconds(5), Freshness.AgeValue(response with { Age = "5" }));
    }

    [Theory]
    [InlineData(200, "", 1000, 100)]
    [InlineData(203, "", 1000, 100)]
    [InlineData(204, "", 1000, 100)]
    [InlineData(206, "", 1000, 100)]
    [InlineData(300, "", 1000, 100)]
    [InlineData(301, "", 1000, 100)]
    [InlineData(308, "", 1000, 100)]
    [InlineData(404, "", 1000, 100)]
    [InlineData(405, "", 1000, 100)]
    [InlineData(410, "", 1000, 100)]
    [InlineData(414, "", 1000, 100)]
    [InlineData(501, "", 1000, 100)]
    [InlineData(200, "", 863_999, 86_399.9)]
    [InlineData(200, "", 864_000, 86_400)]
    [InlineData(200, "", 9_000_000, 86_400)]
    [InlineData(200, "", -1000, 0)]
    [InlineData(599, "public", 1000, 100)]
    public void A_guess_at_freshness_is_a_tenth_of_the_time_since_Last_Modified_and_a_day_at_most(int status, string cacheControl, double since, double guess)
    {
        var response = Some.Response(cacheControl, status) with { LastModified = Some.Now.AddSeconds(-since), Date = Some.Now };

        Assert.Equal(Some.Seconds(guess), Freshness.HeuristicLifetime(response, Some.Now.AddDays(1)));
        Assert.Equal(Some.Seconds(guess), Freshness.HeuristicLifetime(response with { Date = null }, Some.Now));
    }

    [Theory]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(302)]
    [InlineData(403)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(599)]
    public void No_guess_is_made_for_other_statuses(int status) =>
        Assert.Null(Freshness.HeuristicLifetime(Some.Response(status: status) with { LastModified = Some.Now.AddDays(-1) }, Some.Now));

    [Theory]
    [InlineData("")]
    [InlineData("public")]
    [InlineData("no-cache")]
    public void An_invalid_Age_says_nothing_where_nothing_else_does(string cacheControl) =>
        Assert.Null(Freshness.ExplicitLifetime(Some.Response(cacheControl) with { Age = "junk" }, Some.Now));

    [Fact]
    public void An_invalid_Age_leaves_nothing_of_what_is_said()
    {
        Assert.Equal(TimeSpan.Zero, Freshness.ExplicitLifetime(Some.Response("s-maxage=60") with { Age = "junk" }, Some.Now));
        Assert.Equal(
            TimeSpan.Zero,
            Freshness.ExplicitLifetime(Some.Response() with { Age = "junk", HasExpires = true, Expires = Some.Now.AddSeconds(30) }, Some.Now));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("5", true)]
    [InlineData("junk", false)]
    [InlineData("-5", false)]
    public void No_guess_is_made_at_what_is_of_unknown_age(string age, bool guessed)
    {
        var response = Some.Response() with { LastModified = Some.Now.AddSeconds(-1000), Age = age };

        Assert.Equal(guessed ? Some.Seconds(100) : null, Freshness.HeuristicLifetime(response, Some.Now));
    }

    /// <summary>RFC 9110 15.1</summary>
    [Fact]
    public void These_statuses_are_heuristically_cacheable_and_any_that_is_public()
    {
        var known = Enumerable.Range(100, 500).Where(static status => Freshness.IsHeuristicallyCacheable(Some.Response("no-cache", status)));

        Assert.Equal([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501], known);
        Assert.All(Enumerable.Range(100, 500), static status => Assert.True(Freshness.IsHeuristicallyCacheable(Some.Response("public", status))));
    }

    [Fact]
    public void No_guess_is_made_without_Last_Modified() => Assert.Null(Freshness.HeuristicLifetime(Some.Response("public"), Some.Now));

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
