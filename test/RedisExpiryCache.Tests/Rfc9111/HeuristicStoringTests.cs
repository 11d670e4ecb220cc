using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.2.2: what is stored by a guess at its freshness, or by no-cache alone.</summary>
public class HeuristicStoringTests
{
    private static readonly CachingRules Rules = new() { StaleRetention = Some.Seconds(100) };

    private static readonly CachingRules Guessing = new() { HeuristicFreshness = true };

    private static StoreVerdict Decide(ResponseFacts response, CachingRules rules, PolicyLifetime? policy = null) =>
        Storing.Decide(Some.Request(), response, policy, rules, requestTime: Some.Now, now: Some.Now);

    private static StoredLifetime Lifetime(double freshness, double retention) =>
        new(Some.Seconds(freshness), TimeSpan.Zero, Sliding: null, Some.Seconds(retention));

    [Theory]
    [InlineData(200, "", true, 100)]
    [InlineData(404, "", true, 100)]
    [InlineData(302, "public", true, 100)]
    [InlineData(302, "", true, null)]
    [InlineData(200, "", false, null)]
    [InlineData(302, "public", false, null)]
    public void Freshness_is_guessed_at_only_where_the_rules_say_so(int status, string cacheControl, bool heuristic, int? seconds)
    {
        var response = Some.Response(cacheControl, status) with { LastModified = Some.Now.AddSeconds(-1000) };
        var verdict = Decide(response, new CachingRules { HeuristicFreshness = heuristic });

        Assert.Equal(seconds is { } some ? Some.Seconds(some) : null, verdict.Lifetime?.FreshnessLifetime);
        Assert.Equal(seconds is null ? NoStoreReason.NoFreshness : null, verdict.Reason);
    }

    [Fact]
    public void A_guess_counts_neither_against_what_the_response_says_nor_against_a_policy()
    {
        var rules = Rules with { HeuristicFreshness = true };
        var response = Some.Response("max-age=60") with { LastModified = Some.Now.AddSeconds(-1000) };

        Assert.Equal(Lifetime(60, 100), Decide(response, rules).Lifetime);
        Assert.Equal(Lifetime(0, 100), Decide(response with { CacheControl = CacheControl.Parse("max-age=0") }, rules).Lifetime);
        Assert.Equal(Lifetime(0, 100), Decide(response with { CacheControl = CacheControl.None, HasExpires = true }, rules).Lifetime);
        Assert.Equal(Lifetime(10, 100), Decide(response with { CacheControl = CacheControl.None }, rules, new PolicyLifetime(Some.Seconds(10), null)).Lifetime);
    }

    [Fact]
    public void A_guess_at_no_freshness_is_already_stale()
    {
        var response = Some.Response() with { LastModified = Some.Now.AddSeconds(1) };

        Assert.Equal(NoStoreReason.AlreadyStale, Decide(response, Guessing).Reason);
        Assert.Equal(Lifetime(0, 100), Decide(response, Guessing with { StaleRetention = Some.Seconds(100) }).Lifetime);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Nobody_guesses_for_how_long_a_cookie_is_for_everybody(bool hasSetCookie, bool stored)
    {
        var response = Some.Response() with { LastModified = Some.Now.AddSeconds(-1000), HasSetCookie = hasSetCookie };
        var rules = Guessing with { StoreSetCookie = true };

        Assert.Equal(stored ? null : NoStoreReason.NoFreshness, Decide(response, rules).Reason);
        Assert.NotNull(Decide(response with { CacheControl = CacheControl.Parse("max-age=60") }, rules).Lifetime);
    }

    [Theory]
    [InlineData("5", null)]
    [InlineData("junk", NoStoreReason.NoFreshness)]
    internal void Nobody_guesses_at_the_freshness_of_what_is_of_unknown_age(string age, NoStoreReason? reason) =>
        Assert.Equal(reason, Decide(Some.Response() with { LastModified = Some.Now.AddSeconds(-1000), Age = age }, Guessing).Reason);

    /// <summary>RFC 9111 5.2.2.4 and RFC 9110 15.1</summary>
    [Theory]
    [InlineData(200, "no-cache", true)]
    [InlineData(203, "no-cache", true)]
    [InlineData(204, "no-cache", true)]
    [InlineData(206, "no-cache", true)]
    [InlineData(201, "no-cache", false)]
    [InlineData(202, "no-cache", false)]
    [InlineData(299, "no-cache", false)]
    [InlineData(201, "no-cache, public", true)]
    [InlineData(299, "public, no-cache", true)]
    [InlineData(201, "no-cache, max-age=0", true)]
    public void No_cache_alone_is_enough_where_freshness_could_be_guessed_at(int status, string cacheControl, bool stored)
    {
        var response = Some.Response(cacheControl, status) with { ETag = "\"a\"", ContentRange = "bytes 0-4/10" };

        Assert.Equal(stored ? null : NoStoreReason.NoFreshness, Decide(response, Rules).Reason);
        Assert.Equal(stored ? Lifetime(0, 100) : null, Decide(response, Rules).Lifetime);
    }
}
