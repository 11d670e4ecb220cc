using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.2.4 and 4.3, RFC 5861: for how long a response is stored, and of use when it has become stale.</summary>
public class RetentionTests
{
    private static readonly CachingRules Rules = new() { StaleRetention = Some.Seconds(100) };

    private static readonly PolicyLifetime TenSeconds = new(Some.Seconds(10), Sliding: null);

    private static StoreVerdict Decide(ResponseFacts response, CachingRules? rules = null, PolicyLifetime? policy = null) =>
        Storing.Decide(Some.Request(), response, policy, rules ?? Rules, requestTime: Some.Now, now: Some.Now);

    /// <summary>With what the response itself says of stale ones, which is taken down in any case.</summary>
    private static StoredLifetime Lifetime(double? freshness, double retention, string cacheControl) => Lifetime(freshness, retention) with
    {
        StaleWhileRevalidate = CacheControl.Parse(cacheControl).StaleWhileRevalidate,
        StaleIfError = CacheControl.Parse(cacheControl).StaleIfError,
    };

    private static StoredLifetime Lifetime(double? freshness, double retention, double age = 0, double? sliding = null) =>
        new(freshness is { } fresh ? Some.Seconds(fresh) : null, Some.Seconds(age), sliding is { } window ? Some.Seconds(window) : null, Some.Seconds(retention));

    [Theory]
    [InlineData(200, null, false, 0)]
    [InlineData(200, "\"a\"", false, 100)]
    [InlineData(200, null, true, 100)]
    [InlineData(200, "\"a\"", true, 100)]
    [InlineData(206, "\"a\"", false, 100)]
    [InlineData(299, "\"a\"", true, 100)]
    [InlineData(300, "\"a\"", true, 0)]
    [InlineData(404, "\"a\"", true, 0)]
    [InlineData(503, "\"a\"", true, 0)]
    public void A_success_with_a_validator_is_kept_longer_than_it_is_fresh(int status, string? etag, bool hasLastModified, double retention)
    {
        var response = Some.Response("max-age=60", status) with
        {
            ETag = etag,
            LastModified = hasLastModified ? Some.Now.AddDays(-1) : null,
            ContentRange = "bytes 0-4/10",
        };

        Assert.Equal(Lifetime(60, retention), Decide(response).Lifetime);
        Assert.Equal(Some.Seconds(60 + retention), Decide(response).Lifetime?.TimeToLive);
    }

    [Theory]
    [InlineData("max-age=0", null, 0, 0, 100)]
    [InlineData("max-age=junk", null, 0, 0, 100)]
    [InlineData("max-age=60", "60", 60, 60, 100)]
    [InlineData("max-age=60", "100", 60, 100, 60)]
    [InlineData("max-age=60", "159", 60, 159, 1)]
    [InlineData("max-age=60", "junk", 0, 0, 100)]
    public void A_response_that_is_stale_already_is_stored_for_what_is_left_of_the_time_for_its_validator(
        string cacheControl, string? age, double freshness, double initialAge, double left)
    {
        var response = Some.Response(cacheControl) with { Age = age };

        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response).Reason);
        response = response with { ETag = "\"a\"" };
        Assert.Equal(Lifetime(freshness, 100, initialAge), Decide(response).Lifetime);
        Assert.Equal(Some.Seconds(left), Decide(response).Lifetime?.TimeToLive);
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response, Some.Rules()).Reason);
    }

    [Theory]
    [InlineData("160")]
    [InlineData("1000")]
    public void A_response_that_has_been_stale_for_longer_than_it_is_of_use_is_not_stored(string age)
    {
        var response = Some.Response("max-age=60") with { Age = age, ETag = "\"a\"" };

        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response).Reason);
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response, policy: new PolicyLifetime(Some.Seconds(60), null)).Reason);
    }

    [Fact]
    public void No_cache_alone_is_never_fresh()
    {
        var response = Some.Response("no-cache") with { LastModified = Some.Now.AddDays(-1) };

        Assert.Equal(Lifetime(0, 100), Decide(response).Lifetime);
        Assert.Equal(Lifetime(0, 100), Decide(response, Rules with { HeuristicFreshness = true }).Lifetime);
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response, Some.Rules()).Reason);
    }

    [Fact]
    public void No_cache_beside_a_lifetime_is_kept_for_that_and_for_its_validator()
    {
        var response = Some.Response("no-cache, max-age=60") with { ETag = "\"a\"" };

        Assert.Equal(Lifetime(60, 100), Decide(response).Lifetime);
        Assert.Equal(Lifetime(60, 0), Decide(response, Some.Rules()).Lifetime);
        Assert.Equal(Lifetime(10, 100), Decide(response, policy: TenSeconds).Lifetime);
    }

    [Theory]
    [InlineData("max-age=60", 0, 0)]
    [InlineData("max-age=60", 50, 50)]
    [InlineData("max-age=60, stale-if-error=30", 0, 30)]
    [InlineData("max-age=60, stale-if-error=30", 50, 30)]
    [InlineData("max-age=60, stale-if-error=0", 50, 0)]
    [InlineData("max-age=60, stale-if-error=junk", 50, 50)]
    [InlineData("max-age=60, stale-while-revalidate=40", 0, 40)]
    [InlineData("max-age=60, stale-while-revalidate=40", 50, 50)]
    [InlineData("max-age=60, stale-while-revalidate=40, stale-if-error=30", 50, 40)]
    [InlineData("max-age=60, stale-while-revalidate=30, stale-if-error=40", 50, 40)]
    public void A_response_is_kept_for_as_long_as_it_may_be_served_stale(string cacheControl, double ruleSeconds, double retention)
    {
        var rules = Rules with { StaleIfError = Some.Seconds(ruleSeconds) };

        Assert.Equal(Lifetime(60, retention, cacheControl), Decide(Some.Response(cacheControl), rules).Lifetime);
    }

    [Theory]
    [InlineData("max-age=60, stale-if-error=99", 100)]
    [InlineData("max-age=60, stale-if-error=101", 101)]
    [InlineData("max-age=60, stale-while-revalidate=99", 100)]
    [InlineData("max-age=60, stale-while-revalidate=101", 101)]
    public void Of_the_uses_of_a_stale_response_the_longest_counts(string cacheControl, double retention) =>
        Assert.Equal(Lifetime(60, retention, cacheControl), Decide(Some.Response(cacheControl) with { ETag = "\"a\"" }).Lifetime);

    [Theory]
    [InlineData("max-age=60, must-revalidate")]
    [InlineData("max-age=60, proxy-revalidate")]
    [InlineData("s-maxage=60")]
    [InlineData("max-age=60, no-cache")]
    public void A_response_that_is_never_served_stale_is_kept_for_its_validator_alone(string cacheControl)
    {
        var rules = Rules with { StaleIfError = Some.Seconds(900) };
        const string Stale = "stale-if-error=500, stale-while-revalidate=500";
        var response = Some.Response($"{cacheControl}, {Stale}") with { ETag = "\"a\"" };

        Assert.Equal(Lifetime(60, 100, Stale), Decide(response, rules).Lifetime);
        Assert.Equal(Lifetime(60, 0, Stale), Decide(response, rules with { StaleRetention = TimeSpan.Zero }).Lifetime);
    }

    [Theory]
    [InlineData("must-revalidate")]
    [InlineData("proxy-revalidate")]
    [InlineData("s-maxage=0")]
    public void A_response_that_is_stale_and_never_served_so_is_not_stored_without_a_validator(string cacheControl) =>
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(Some.Response($"{cacheControl}, max-age=0, stale-if-error=500")).Reason);

    [Theory]
    [InlineData("max-age=0, stale-if-error=5", 5)]
    [InlineData("max-age=0, stale-while-revalidate=5", 5)]
    [InlineData("max-age=0", null)]
    public void A_response_without_a_validator_that_is_stale_already_is_stored_if_it_may_be_served_stale(string cacheControl, int? seconds) =>
        Assert.Equal(seconds is { } some ? Some.Seconds(some) : null, Decide(Some.Response(cacheControl)).Lifetime?.TimeToLive);

    [Fact]
    public void A_policys_time_is_followed_by_the_retention()
    {
        var response = Some.Response() with { ETag = "\"a\"" };

        Assert.Equal(Lifetime(10, 100), Decide(response, policy: TenSeconds).Lifetime);
        Assert.Equal(Lifetime(0, 100), Decide(response, policy: new PolicyLifetime(TimeSpan.Zero, null)).Lifetime);
        Assert.Equal(Lifetime(null, 100, sliding: 5), Decide(response, policy: new PolicyLifetime(null, Some.Seconds(5))).Lifetime);
    }

    [Fact]
    public void What_slides_for_no_time_is_not_stored_for_its_validator_either()
    {
        var response = Some.Response() with { ETag = "\"a\"" };

        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response, policy: new PolicyLifetime(Some.Seconds(10), TimeSpan.Zero)).Reason);
        Assert.NotNull(Decide(response, policy: new PolicyLifetime(Some.Seconds(10), TimeSpan.FromTicks(1))).Lifetime);
    }

    [Fact]
    public void An_invalid_Age_says_nothing_to_a_policy()
    {
        var response = Some.Response() with { Age = "junk", Date = Some.Now.AddSeconds(-8) };

        Assert.Equal(Lifetime(10, 0), Decide(response, policy: TenSeconds).Lifetime);
    }

    [Fact]
    public void No_retention_overflows()
    {
        var rules = new CachingRules { StaleRetention = TimeSpan.MaxValue, StaleIfError = TimeSpan.MaxValue };

        Assert.Equal(DeltaSeconds.Max, Decide(Some.Response("max-age=60") with { ETag = "\"a\"" }, rules).Lifetime?.TimeToLive);
    }
}
