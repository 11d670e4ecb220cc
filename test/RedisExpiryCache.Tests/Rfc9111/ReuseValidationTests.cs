using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.3: when the app is asked whether a stored response still holds, and when it is simply asked.</summary>
public class ReuseValidationTests
{
    private static readonly StoredResponse Stale = Some.Stored(age: 70) with { ETag = "\"a\"" };

    private static ReuseVerdict Decide(string? cacheControl, StoredResponse? stored, string method = "GET", CachingRules? rules = null) =>
        Reuse.Decide(Some.Request(cacheControl, method), stored, rules ?? Some.Rules(), Some.Now);

    private static ReuseVerdict Asks(ReuseAction action, ForwardReason reason, double age, double? timeLeft, bool mayServeOnError = false) =>
        ReuseVerdict.Ask(action, reason, Some.Seconds(age), timeLeft is { } left ? Some.Seconds(left) : null, mayServeOnError);

    [Theory]
    [InlineData(null, false, false, false)]
    [InlineData("\"a\"", false, false, true)]
    [InlineData("W/\"a\"", false, false, true)]
    [InlineData("\"a\"", true, false, false)]
    [InlineData(null, false, true, true)]
    [InlineData("\"a\"", true, true, true)]
    [InlineData("\"a\"", false, true, true)]
    public void A_stale_response_is_validated_by_what_the_app_knows(string? etag, bool isOurs, bool hasLastModified, bool validated)
    {
        var stored = Stale with { ETag = etag, IsETagOurs = isOurs, LastModified = hasLastModified ? Some.Now.AddDays(-1) : null };

        Assert.Equal(validated, stored.CanBeValidated);
        Assert.Equal(Asks(validated ? ReuseAction.Revalidate : ReuseAction.Forward, ForwardReason.Stale, 70, -10), Decide(null, stored));
    }

    [Theory]
    [InlineData(199, false)]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [InlineData(404, false)]
    [InlineData(503, false)]
    public void Only_a_success_is_validated(int status, bool validated)
    {
        var stored = Stale with { StatusCode = status, LastModified = Some.Now.AddDays(-1) };

        Assert.Equal(validated, stored.CanBeValidated);
        Assert.Equal(validated ? ReuseAction.Revalidate : ReuseAction.Forward, Decide(null, stored).Action);
    }

    [Fact]
    public void HEAD_is_asked_without_a_condition() =>
        Assert.Equal(Asks(ReuseAction.Forward, ForwardReason.Stale, 70, -10), Decide(null, Stale, "HEAD"));

    [Fact]
    public void HEAD_is_served_what_is_fresh() =>
        Assert.Equal(ReuseVerdict.Serve(Some.Seconds(20), Some.Seconds(40)), Decide(null, Some.Stored(age: 20), "HEAD"));

    [Theory]
    [InlineData("no-cache", 20, 40)]
    [InlineData("max-age=19", 20, 40)]
    [InlineData("min-fresh=41", 20, 40)]
    [InlineData("max-stale, max-age=69", 70, -10)]
    public void What_is_not_good_enough_for_the_client_is_validated(string cacheControl, double age, double timeLeft)
    {
        var stored = Some.Stored(age) with { ETag = "\"a\"" };

        Assert.Equal(Asks(ReuseAction.Revalidate, ForwardReason.Request, age, timeLeft), Decide(cacheControl, stored));
        Assert.Equal(Asks(ReuseAction.Forward, ForwardReason.Request, age, timeLeft), Decide(cacheControl, stored with { ETag = null }));
    }

    [Fact]
    public void Pragma_no_cache_validates()
    {
        var request = Some.Request() with { PragmaNoCache = true };
        var stored = Some.Stored(age: 20) with { ETag = "\"a\"" };

        Assert.Equal(Asks(ReuseAction.Revalidate, ForwardReason.Request, 20, 40), Reuse.Decide(request, stored, Some.Rules(), Some.Now));
    }

    /// <summary>RFC 9111 5.2.2.4</summary>
    [Theory]
    [InlineData(null, ForwardReason.Stale)]
    [InlineData("max-stale", ForwardReason.Stale)]
    [InlineData("max-age=600", ForwardReason.Stale)]
    [InlineData("no-cache", ForwardReason.Request)]
    internal void No_cache_is_validated_before_each_reuse_however_fresh(string? cacheControl, ForwardReason reason)
    {
        var stored = Some.Stored(age: 20) with { NoCache = true, ETag = "\"a\"", StaleWhileRevalidate = Some.Seconds(900), StaleIfError = Some.Seconds(900) };

        Assert.Equal(Asks(ReuseAction.Revalidate, reason, 20, 40), Decide(cacheControl, stored));
        Assert.Equal(Asks(ReuseAction.Revalidate, reason, 20, null), Decide(cacheControl, stored with { FreshnessLifetime = null }));
        Assert.Equal(Asks(ReuseAction.Forward, reason, 20, 40), Decide(cacheControl, stored with { ETag = null }));
    }

    [Fact]
    public void No_cache_is_validated_when_it_is_stale_too() =>
        Assert.Equal(
            Asks(ReuseAction.Revalidate, ForwardReason.Stale, 70, -10),
            Decide("max-stale", Stale with { NoCache = true, StaleWhileRevalidate = Some.Seconds(900) }));

    [Theory]
    [InlineData("only-if-cached")]
    [InlineData("only-if-cached, max-stale")]
    public void Only_if_cached_validates_nothing(string cacheControl)
    {
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide(cacheControl, Stale with { NoCache = true }));
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Stale), Decide(cacheControl, Stale with { MustRevalidate = true }));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void What_is_not_for_this_client_is_not_asked_about(bool signedIn, bool authorization)
    {
        var request = Some.Request() with { IsSignedIn = signedIn, HasAuthorization = authorization };
        var stored = Stale with { StaleIfError = Some.Seconds(900), StaleWhileRevalidate = Some.Seconds(900) };

        Assert.Equal(ReuseVerdict.Forward(ForwardReason.Bypass), Reuse.Decide(request, stored, Some.Rules(), Some.Now));
        request = request with { CacheControl = CacheControl.Parse("only-if-cached") };
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Bypass), Reuse.Decide(request, stored, Some.Rules(), Some.Now));
        Assert.Equal(ReuseVerdict.Forward(ForwardReason.Bypass), Reuse.Decide(request, stored, Some.Rules(honor: false), Some.Now));
    }

    [Theory]
    [InlineData("no-cache")]
    [InlineData("no-cache, stale-if-error=900")]
    public void A_verdict_without_a_stored_response_promises_nothing(string cacheControl) =>
        Assert.Equal(ReuseVerdict.Forward(ForwardReason.UriMiss), Decide(cacheControl, null, rules: Some.Rules() with { StaleIfError = Some.Seconds(900) }));
}
