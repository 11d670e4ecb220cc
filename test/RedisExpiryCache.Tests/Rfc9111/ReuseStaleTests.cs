using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.2.4 and 5.2.1.2, RFC 5861: when a stale response is served.</summary>
public class ReuseStaleTests
{
    private static ReuseVerdict Decide(string? cacheControl, StoredResponse? stored, CachingRules? rules = null, string method = "GET") =>
        Reuse.Decide(Some.Request(cacheControl, method), stored, rules ?? Some.Rules(), Some.Now);

    /// <summary>Stored for a minute, and stale for so many seconds.</summary>
    private static StoredResponse Late(double seconds) => Some.Stored(age: 60 + seconds);

    private static TimeSpan? Window(double? seconds) => seconds is { } some ? Some.Seconds(some) : null;

    [Theory]
    [InlineData(-0.1, "max-stale=0", true)]
    [InlineData(0, "max-stale=0", true)]
    [InlineData(0.1, "max-stale=0", false)]
    [InlineData(10, "max-stale=10", true)]
    [InlineData(10.1, "max-stale=10", false)]
    [InlineData(1e9, "max-stale", true)]
    public void Max_stale_is_served_up_to_its_edge(double late, string cacheControl, bool served)
    {
        var verdict = Decide(cacheControl, Late(late));

        Assert.Equal(served ? ReuseAction.Serve : ReuseAction.Forward, verdict.Action);
        Assert.Equal(served ? null : ForwardReason.Stale, verdict.Reason);
        Assert.Equal(Some.Seconds(-late), verdict.TimeLeft);
        Assert.Equal(Some.Seconds(60 + late), verdict.Age);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Max_stale_counts_for_nothing_where_the_response_forbids_it(bool mustRevalidate, bool noCache)
    {
        var stored = Late(1) with { MustRevalidate = mustRevalidate, NoCache = noCache };

        Assert.Equal((ReuseAction.Forward, ForwardReason.Stale), (Decide("max-stale", stored).Action, Decide("max-stale", stored).Reason!.Value));
    }

    [Theory]
    [InlineData(-0.1, 10, ReuseAction.Serve)]
    [InlineData(0, 0, ReuseAction.ServeAndRevalidate)]
    [InlineData(0, 10, ReuseAction.ServeAndRevalidate)]
    [InlineData(0.1, 0, ReuseAction.Forward)]
    [InlineData(10, 10, ReuseAction.ServeAndRevalidate)]
    [InlineData(10.1, 10, ReuseAction.Forward)]
    [InlineData(10, null, ReuseAction.Forward)]
    internal void A_stale_response_is_served_while_it_is_revalidated(double late, int? window, ReuseAction action)
    {
        var verdict = Decide(null, Late(late) with { StaleWhileRevalidate = Window(window) });

        Assert.Equal(action, verdict.Action);
        Assert.Equal(action == ReuseAction.Serve ? null : ForwardReason.Stale, verdict.Reason);
        Assert.Equal(action == ReuseAction.ServeAndRevalidate, verdict.MayServeOnError);
        Assert.Equal((Some.Seconds(60 + late), Some.Seconds(-late)), (verdict.Age, verdict.TimeLeft!.Value));
    }

    [Fact]
    public void A_stale_response_is_served_while_it_is_revalidated_whatever_there_is_to_validate_it_by()
    {
        var stored = Late(10) with { StaleWhileRevalidate = Some.Seconds(10) };
        var expected = ReuseVerdict.Ask(ReuseAction.ServeAndRevalidate, ForwardReason.Stale, Some.Seconds(70), Some.Seconds(-10), mayServeOnError: true);

        Assert.Equal(expected, Decide(null, stored));
        Assert.Equal(expected, Decide(null, stored with { ETag = "\"a\"" }));
        Assert.Equal(expected, Decide(null, stored with { StatusCode = 404 }));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Nothing_is_served_while_it_is_revalidated_where_the_response_forbids_it(bool mustRevalidate, bool noCache)
    {
        var stored = Late(1) with { StaleWhileRevalidate = Some.Seconds(10), MustRevalidate = mustRevalidate, NoCache = noCache };

        Assert.Equal(ReuseVerdict.Ask(ReuseAction.Forward, ForwardReason.Stale, Some.Seconds(61), Some.Seconds(-1), mayServeOnError: false), Decide(null, stored));
    }

    /// <summary>What HEAD brings cannot take the place of what is stored.</summary>
    [Fact]
    public void HEAD_is_not_served_while_it_is_revalidated()
    {
        var stored = Late(10) with { StaleWhileRevalidate = Some.Seconds(10), ETag = "\"a\"" };
        var expected = ReuseVerdict.Ask(ReuseAction.Forward, ForwardReason.Stale, Some.Seconds(70), Some.Seconds(-10), mayServeOnError: false);

        Assert.Equal(expected, Decide(null, stored, method: "HEAD"));
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide("only-if-cached", stored, method: "HEAD"));
        Assert.Equal(ReuseAction.Serve, Decide("max-stale=10", stored, method: "HEAD").Action);
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(501, true)]
    [InlineData(502, false)]
    [InlineData(503, false)]
    [InlineData(504, false)]
    [InlineData(505, true)]
    [InlineData(404, true)]
    public void An_older_failure_never_stands_in(int status, bool served)
    {
        var stored = Late(10) with { StatusCode = status, StaleIfError = Some.Seconds(900) };

        Assert.Equal(served, Decide(null, stored).MayServeOnError);
        Assert.Equal(served, Decide("stale-if-error=900", stored with { StaleIfError = null }).MayServeOnError);
        Assert.Equal(served, Decide("no-cache", stored with { FreshnessLifetime = Some.Seconds(900) }).MayServeOnError);
    }

    [Fact]
    public void Only_if_cached_is_served_a_stale_response_and_asks_nobody()
    {
        var stored = Late(10) with { StaleWhileRevalidate = Some.Seconds(10) };

        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(70), Some.Seconds(-10)), Decide("only-if-cached", stored));
        Assert.Equal(ReuseAction.ServeAndRevalidate, Decide("only-if-cached", stored, Some.Rules(honor: false)).Action);
        Assert.Equal(
            ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide("only-if-cached", stored with { StaleWhileRevalidate = Some.Seconds(9) }));
    }

    [Theory]
    [InlineData("max-stale=10", ReuseAction.Serve, null)]
    [InlineData("max-stale=9", ReuseAction.ServeAndRevalidate, ForwardReason.Stale)]
    [InlineData("max-age=70", ReuseAction.ServeAndRevalidate, ForwardReason.Stale)]
    [InlineData("max-age=69", ReuseAction.Forward, ForwardReason.Request)]
    [InlineData("min-fresh=0", ReuseAction.Forward, ForwardReason.Request)]
    [InlineData("min-fresh=5", ReuseAction.Forward, ForwardReason.Request)]
    [InlineData("no-cache", ReuseAction.Forward, ForwardReason.Request)]
    internal void The_clients_own_limits_hold_while_revalidating(string cacheControl, ReuseAction action, ForwardReason? reason)
    {
        var verdict = Decide(cacheControl, Late(10) with { StaleWhileRevalidate = Some.Seconds(10) });

        Assert.Equal((action, reason), (verdict.Action, verdict.Reason));
    }

    [Theory]
    [InlineData(10, 10, 0, null, true)]
    [InlineData(10, 9, 0, null, false)]
    [InlineData(10, null, 10, null, true)]
    [InlineData(10, null, 9, null, false)]
    [InlineData(10, null, 0, null, false)]
    [InlineData(10, 9, 900, null, false)]
    [InlineData(10, 10, 1, null, true)]
    [InlineData(10, 0, 900, null, false)]
    [InlineData(10, null, 0, "stale-if-error=10", true)]
    [InlineData(10, null, 0, "stale-if-error=9", false)]
    [InlineData(10, null, 0, "stale-if-error=junk", false)]
    [InlineData(10, 0, 0, "stale-if-error=10", true)]
    [InlineData(10, 10, 0, "stale-if-error=5", true)]
    [InlineData(10, null, 10, "stale-if-error=5", true)]
    [InlineData(10, 5, 0, "stale-if-error=10", true)]
    [InlineData(0, 1, 0, null, true)]
    [InlineData(0, 0, 0, null, false)]
    [InlineData(0, 0, 0, "stale-if-error=0", false)]
    [InlineData(10.1, 10, 10, "stale-if-error=10", false)]
    public void A_stale_response_stands_in_for_an_app_that_fails_for_as_long_as_response_rules_and_request_say(
        double late, int? response, double rule, string? asked, bool served)
    {
        var stored = Late(late) with { StaleIfError = Window(response) };
        var rules = Some.Rules() with { StaleIfError = Some.Seconds(rule) };
        var expected = ReuseVerdict.Ask(ReuseAction.Forward, ForwardReason.Stale, Some.Seconds(60 + late), Some.Seconds(-late), served);

        Assert.Equal(expected, Decide(asked, stored, rules));
        Assert.Equal(expected, Decide(asked, stored, rules, "HEAD"));
        Assert.Equal(expected with { Action = ReuseAction.Revalidate }, Decide(asked, stored with { ETag = "\"a\"" }, rules));
        Assert.False(Decide(asked, stored with { MustRevalidate = true }, rules).MayServeOnError);
        Assert.False(Decide(asked, stored with { NoCache = true }, rules).MayServeOnError);
    }

    [Fact]
    public void The_requests_stale_if_error_counts_only_when_request_directives_do() =>
        Assert.False(Decide("stale-if-error=900", Late(10), Some.Rules(honor: false)).MayServeOnError);

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void What_is_only_not_fresh_enough_for_the_client_stands_in_too(double window, bool served)
    {
        var rules = Some.Rules() with { StaleIfError = Some.Seconds(window) };

        Assert.Equal(served, Decide("no-cache", Some.Stored(age: 20), rules).MayServeOnError);
        Assert.Equal(served, Decide("max-age=19", Some.Stored(age: 20), rules).MayServeOnError);
        Assert.Equal(served, Decide("no-cache", Some.Stored(age: 20, lifetime: null), rules).MayServeOnError);
        Assert.False(Decide("no-cache", Some.Stored(age: 20) with { MustRevalidate = true }, rules).MayServeOnError);
    }

    [Fact]
    public void Nothing_stands_in_for_a_gateway_timeout() =>
        Assert.Equal(
            ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide("only-if-cached, stale-if-error=900", Late(10) with { StaleIfError = Some.Seconds(900) }));
}
