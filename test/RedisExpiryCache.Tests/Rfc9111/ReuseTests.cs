using CsCheck;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4 and 5.2.1</summary>
public class ReuseTests
{
    private static ReuseVerdict Decide(string? cacheControl, StoredResponse? stored, bool honor = true) =>
        Reuse.Decide(Some.Request(cacheControl), stored, Some.Rules(honor), Some.Now);

    private static void AssertForwarded(ForwardReason reason, ReuseVerdict verdict) =>
        Assert.Equal((ReuseAction.Forward, reason), (verdict.Action, verdict.Reason));

    [Fact]
    public void A_fresh_response_is_served_with_its_age() =>
        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(20), Some.Seconds(40)), Decide(null, Some.Stored(age: 20)));

    [Fact]
    public void The_age_it_came_with_counts()
    {
        var stored = Some.Stored(age: 20) with { CorrectedInitialAge = Some.Seconds(15) };

        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(35), Some.Seconds(25)), Decide(null, stored));
    }

    [Fact]
    public void Nothing_stored_is_a_miss() => AssertForwarded(ForwardReason.UriMiss, Decide(null, null));

    [Theory]
    [InlineData(59.9, true)]
    [InlineData(60, false)]
    [InlineData(61, false)]
    public void A_response_is_fresh_while_its_lifetime_is_greater_than_its_age(double age, bool served)
    {
        var verdict = Decide(null, Some.Stored(age));

        Assert.Equal(served ? ReuseAction.Serve : ReuseAction.Forward, verdict.Action);
        Assert.Equal(served ? null : ForwardReason.Stale, verdict.Reason);
    }

    [Fact]
    public void A_sliding_response_is_fresh_for_as_long_as_it_is_kept() =>
        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(1e9), null), Decide("min-fresh=60", Some.Stored(age: 1e9, lifetime: null)));

    [Theory]
    [InlineData("no-cache")]
    [InlineData("no-cache, max-stale")]
    [InlineData("max-age=0")]
    [InlineData("max-age=19")]
    [InlineData("max-age=junk")]
    [InlineData("max-age=19, max-stale")]
    [InlineData("min-fresh=41")]
    [InlineData("min-fresh=99999999999999999999")]
    public void A_request_can_find_a_fresh_response_not_good_enough(string cacheControl)
    {
        AssertForwarded(ForwardReason.Request, Decide(cacheControl, Some.Stored(age: 20)));
        Assert.Equal(ReuseAction.Serve, Decide(cacheControl, Some.Stored(age: 20), honor: false).Action);
    }

    [Theory]
    [InlineData("max-age=20")]
    [InlineData("max-age=60")]
    [InlineData("min-fresh=40")]
    [InlineData("min-fresh=soon")]
    [InlineData("max-stale=5")]
    [InlineData("only-if-cached")]
    [InlineData("x-no-cache")]
    public void A_request_can_find_a_fresh_response_good_enough(string cacheControl) =>
        Assert.Equal(ReuseAction.Serve, Decide(cacheControl, Some.Stored(age: 20)).Action);

    [Fact]
    public void No_store_in_the_request_does_not_keep_it_from_what_is_already_stored() =>
        Assert.Equal(ReuseAction.Serve, Decide("no-store", Some.Stored()).Action);

    [Theory]
    [InlineData("max-age=60", true, false, false)]
    [InlineData("max-age=60", false, true, false)]
    [InlineData("max-age=60, must-revalidate", true, false, false)]
    [InlineData("max-age=60, must-revalidate", false, true, true)]
    [InlineData("max-age=60, public", true, true, true)]
    [InlineData("s-maxage=60", true, true, true)]
    [InlineData("s-maxage=0", true, false, false)]
    public void Whom_the_app_can_know_gets_only_what_is_for_everybody(string response, bool signedIn, bool authorization, bool served)
    {
        var directives = CacheControl.Parse(response);
        var stored = Some.Stored() with { AllowsEverybody = directives.AllowsEverybody, AllowsAuthorization = directives.AllowsAuthorization };
        var request = Some.Request() with { IsSignedIn = signedIn, HasAuthorization = authorization };

        var verdict = Reuse.Decide(request, stored, Some.Rules(), Some.Now);

        Assert.Equal(served ? null : ForwardReason.Bypass, verdict.Reason);
    }

    [Fact]
    public void Pragma_no_cache_is_no_cache()
    {
        var request = Some.Request() with { PragmaNoCache = true };

        AssertForwarded(ForwardReason.Request, Reuse.Decide(request, Some.Stored(), Some.Rules(), Some.Now));
        Assert.Equal(ReuseAction.Serve, Reuse.Decide(request, Some.Stored(), Some.Rules(honor: false), Some.Now).Action);
    }

    [Theory]
    [InlineData("no-cache", null, true)]
    [InlineData("foo, No-Cache", null, true)]
    [InlineData("no-cache", "max-age=5", false)]
    [InlineData("no-cache", "", false)]
    [InlineData("no-cached", null, false)]
    [InlineData("foo=\"no-cache\"", null, false)]
    [InlineData(null, null, false)]
    public void Pragma_counts_only_where_there_is_no_Cache_Control(string? pragma, string? cacheControl, bool counts) =>
        Assert.Equal(counts, RequestFacts.AsksNoCacheByPragma(pragma, cacheControl));

    [Theory]
    [InlineData("max-stale")]
    [InlineData("max-stale=10")]
    [InlineData("max-stale=10, max-age=70")]
    public void Max_stale_accepts_a_stale_response(string cacheControl) =>
        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(70), Some.Seconds(-10)), Decide(cacheControl, Some.Stored(age: 70)));

    [Theory]
    [InlineData("max-stale=9")]
    [InlineData("max-stale=junk")]
    [InlineData("max-age=100")]
    public void A_stale_response_is_not_served_beyond_what_was_asked(string cacheControl) =>
        AssertForwarded(ForwardReason.Stale, Decide(cacheControl, Some.Stored(age: 70)));

    [Fact]
    public void Max_age_still_limits_a_stale_response() =>
        AssertForwarded(ForwardReason.Request, Decide("max-stale, max-age=65", Some.Stored(age: 70)));

    [Fact]
    public void A_response_that_must_be_revalidated_is_never_served_stale() =>
        AssertForwarded(ForwardReason.Stale, Decide("max-stale", Some.Stored(age: 70) with { MustRevalidate = true }));

    [Fact]
    public void Max_stale_counts_only_when_request_directives_do() =>
        AssertForwarded(ForwardReason.Stale, Decide("max-stale", Some.Stored(age: 70), honor: false));

    [Fact]
    public void Only_if_cached_never_goes_to_the_app()
    {
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.UriMiss), Decide("only-if-cached", null));
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide("only-if-cached", Some.Stored(age: 70)));
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Request), Decide("only-if-cached, no-cache", Some.Stored()));
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Request), Decide("only-if-cached, max-age=1", Some.Stored(age: 20)));
    }

    [Fact]
    public void Only_if_cached_counts_only_when_request_directives_do() =>
        AssertForwarded(ForwardReason.UriMiss, Decide("only-if-cached", null, honor: false));

    [Fact]
    public void A_clock_that_went_back_makes_nothing_fresher_than_it_came()
    {
        var stored = Some.Stored(age: -1000) with { CorrectedInitialAge = Some.Seconds(15) };

        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(15), Some.Seconds(45)), Decide(null, stored));
    }

    [Fact]
    public void No_times_overflow_and_what_is_served_unasked_is_fresh() =>
        Gen.Select(Gen.DateTimeOffset, Gen.DateTimeOffset, Gen.TimeSpan, Gen.TimeSpan).Sample((responseTime, now, initial, lifetime) =>
        {
            var stored = Some.Stored() with
            {
                ResponseTime = responseTime,
                CorrectedInitialAge = initial,
                FreshnessLifetime = lifetime,
            };
            Reuse.Decide(Some.Request("max-stale, min-fresh=5"), stored, Some.Rules(), now);
            var verdict = Reuse.Decide(Some.Request(), stored, Some.Rules(), now);
            return verdict.Action == ReuseAction.Forward || verdict is { TimeLeft.Ticks: > 0, Age.Ticks: >= 0 };
        });

    [Fact]
    public void Once_stale_always_stale() =>
        Gen.Select(Gen.Double[0, 200], Gen.Double[0, 200]).Sample((a, b) =>
        {
            var sooner = Reuse.Decide(Some.Request(), Some.Stored(), Some.Rules(), Some.Now.AddSeconds(Math.Min(a, b)));
            var later = Reuse.Decide(Some.Request(), Some.Stored(), Some.Rules(), Some.Now.AddSeconds(Math.Max(a, b)));
            return sooner.Action == ReuseAction.Serve || later.Action == ReuseAction.Forward;
        });

    [Fact]
    public void A_hit_allocates_nothing()
    {
        var request = Some.Request("max-age=600, max-stale=5");
        var stored = Some.Stored();
        var rules = Some.Rules();
        Reuse.Decide(request, stored, rules, Some.Now);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Reuse.Decide(request, stored, rules, Some.Now);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
