using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 5861 by policy, and what is of no use once it is stale.</summary>
public class PolicyStaleTests
{
    private static StoredLifetime? Decide(ResponseFacts response, PolicyLifetime? policy = null, CachingRules? rules = null) =>
        Storing.Decide(Some.Request(), response, policy, rules ?? Some.Rules(), requestTime: Some.Now, now: Some.Now).Lifetime;

    private static PolicyLifetime Policy(int? duration, int? whileRevalidate, int? ifError) => new(Span(duration), Sliding: null)
    {
        StaleWhileRevalidate = Span(whileRevalidate),
        StaleIfError = Span(ifError),
    };

    private static TimeSpan? Span(int? seconds) => seconds is { } some ? Some.Seconds(some) : null;

    [Theory]
    [InlineData("", null, null, null, null, 0)]
    [InlineData("", 30, null, 30, null, 30)]
    [InlineData("", null, 40, null, 40, 40)]
    [InlineData("", 30, 40, 30, 40, 40)]
    [InlineData(", stale-while-revalidate=5, stale-if-error=6", null, null, 5, 6, 6)]
    [InlineData(", stale-while-revalidate=5, stale-if-error=6", 30, null, 30, 6, 30)]
    [InlineData(", stale-while-revalidate=5, stale-if-error=6", null, 40, 5, 40, 40)]
    [InlineData(", stale-while-revalidate=50, stale-if-error=60", 0, 0, 0, 0, 0)]
    public void A_policys_times_for_stale_responses_win_over_the_responses(
        string said, int? whileRevalidate, int? ifError, int? storedWhileRevalidate, int? storedIfError, double retention)
    {
        foreach (var duration in new int?[] { null, 60 })
        {
            var lifetime = Decide(Some.Response($"max-age=60{said}"), Policy(duration, whileRevalidate, ifError));

            Assert.Equal((Span(storedWhileRevalidate), Span(storedIfError)), (lifetime?.StaleWhileRevalidate, lifetime?.StaleIfError));
            Assert.Equal((Some.Seconds(60), Some.Seconds(retention)), (lifetime?.FreshnessLifetime, lifetime?.Retention));
        }
    }

    [Theory]
    [InlineData(null, 50)]
    [InlineData(0, 0)]
    [InlineData(20, 20)]
    [InlineData(90, 90)]
    public void A_policys_stale_if_error_wins_over_the_settings(int? ifError, double retention) =>
        Assert.Equal(
            Some.Seconds(retention),
            Decide(Some.Response("max-age=60"), Policy(null, null, ifError), new CachingRules { StaleIfError = Some.Seconds(50) })?.Retention);

    [Theory]
    [InlineData("must-revalidate")]
    [InlineData("proxy-revalidate")]
    [InlineData("s-maxage=60")]
    public void A_policy_keeps_nothing_for_being_served_stale_that_forbids_it(string cacheControl) =>
        Assert.Equal(TimeSpan.Zero, Decide(Some.Response($"max-age=60, {cacheControl}"), Policy(60, 30, 40))?.Retention);

    [Fact]
    public void A_policy_that_speaks_of_stale_responses_alone_does_not_say_for_how_long_they_are_fresh()
    {
        Assert.False(Policy(null, 30, 40).IsSet);
        Assert.False(default(PolicyLifetime).IsSet);
        Assert.True(Policy(60, null, null).IsSet);
        Assert.True(new PolicyLifetime(null, Some.Seconds(5)).IsSet);
        Assert.Null(Decide(Some.Response(), Policy(null, 30, 40)));
    }

    /// <summary>An older failure stands in for no newer one.</summary>
    [Theory]
    [InlineData(500, 0)]
    [InlineData(501, 40)]
    [InlineData(502, 0)]
    [InlineData(503, 0)]
    [InlineData(504, 0)]
    [InlineData(505, 40)]
    [InlineData(404, 40)]
    [InlineData(200, 40)]
    public void A_failure_is_not_kept_when_it_is_stale(int status, double retention)
    {
        var response = Some.Response("max-age=60, stale-while-revalidate=30, stale-if-error=40", status);

        Assert.Equal(Some.Seconds(retention), Decide(response)?.Retention);
        Assert.Equal(Some.Seconds(60 + retention), Decide(response)?.TimeToLive);
        Assert.Equal(Some.Seconds(retention), Decide(Some.Response("max-age=60", status), rules: new CachingRules { StaleIfError = Some.Seconds(40) })?.Retention);
    }
}
