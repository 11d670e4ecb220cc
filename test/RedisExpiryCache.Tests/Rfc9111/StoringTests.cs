using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3</summary>
public class StoringTests
{
    private static readonly PolicyLifetime TenSeconds = new(Some.Seconds(10), Sliding: null);

    private static StoreVerdict Decide(ResponseFacts response, PolicyLifetime? policy = null) =>
        Decide(Some.Request(), response, policy);

    private static StoreVerdict Decide(in RequestFacts request, ResponseFacts response, PolicyLifetime? policy = null, bool honor = true) =>
        Storing.Decide(request, response, policy, Some.Rules(honor), requestTime: Some.Now, now: Some.Now);

    [Fact]
    public void A_response_with_explicit_freshness_is_stored_for_that_long()
    {
        var verdict = Decide(Some.Response("max-age=60") with { Age = "15" });

        Assert.Null(verdict.Reason);
        Assert.Equal(new StoredLifetime(Some.Seconds(60), Some.Seconds(15), Sliding: null), verdict.Lifetime);
        Assert.Equal(Some.Seconds(45), verdict.Lifetime?.TimeToLive);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("QUERY")]
    [InlineData("get")]
    public void An_answer_to_another_method_than_GET_is_not_stored(string method) =>
        Assert.Equal(NoStoreReason.Method, Decide(Some.Request(method: method), Some.Response("max-age=60")).Reason);

    [Fact]
    public void A_request_can_ask_not_to_be_stored()
    {
        Assert.Equal(NoStoreReason.RequestNoStore, Decide(Some.Request("no-store"), Some.Response("max-age=60")).Reason);
        Assert.NotNull(Decide(Some.Request("no-store"), Some.Response("max-age=60"), honor: false).Lifetime);
    }

    [Theory]
    [InlineData(NoStoreReason.NoStore, "no-store")]
    [InlineData(NoStoreReason.NoStore, "public, max-age=60, no-store")]
    [InlineData(NoStoreReason.NoStore, "must-understand, no-store, max-age=60")]
    [InlineData(NoStoreReason.Private, "private, max-age=60")]
    [InlineData(NoStoreReason.NoCache, "no-cache, max-age=60")]
    internal void A_forbidding_directive_wins_over_freshness_and_over_a_policy(NoStoreReason reason, string cacheControl)
    {
        Assert.Equal(reason, Decide(Some.Response(cacheControl)).Reason);
        Assert.Equal(reason, Decide(Some.Response(cacheControl), TenSeconds).Reason);
    }

    [Fact]
    public void A_response_that_sets_a_cookie_is_not_stored() =>
        Assert.Equal(NoStoreReason.SetCookie, Decide(Some.Response("public, max-age=60") with { HasSetCookie = true }, TenSeconds).Reason);

    [Theory]
    [InlineData("*")]
    [InlineData("Accept, *")]
    [InlineData("*, Accept")]
    [InlineData("Accept Encoding")]
    [InlineData("\"Accept\"")]
    public void A_response_that_no_other_request_can_match_is_not_stored(string vary) =>
        Assert.Equal(NoStoreReason.VaryStar, Decide(Some.Response("max-age=60") with { Vary = vary }, TenSeconds).Reason);

    [Fact]
    public void A_star_in_a_later_Vary_line_counts() =>
        Assert.Equal(
            NoStoreReason.VaryStar, Decide(Some.Response("max-age=60") with { Vary = new StringValues(["Accept", "*"]) }).Reason);

    [Fact]
    public void A_response_that_varies_by_named_fields_is_stored() =>
        Assert.NotNull(Decide(Some.Response("max-age=60") with { Vary = "Accept, Accept-Encoding" }).Lifetime);

    [Fact]
    public void A_part_is_not_stored()
    {
        Assert.Equal(NoStoreReason.PartialContent, Decide(Some.Response("max-age=60", status: 206), TenSeconds).Reason);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(103)]
    [InlineData(0)]
    [InlineData(-200)]
    [InlineData(600)]
    public void A_status_that_is_not_final_is_not_stored(int status) =>
        Assert.Equal(NoStoreReason.Status, Decide(Some.Response("max-age=60", status), TenSeconds).Reason);

    [Theory]
    [InlineData(304)]
    [InlineData(412)]
    [InlineData(416)]
    public void A_status_that_answers_a_condition_or_a_range_is_not_stored(int status) =>
        Assert.Equal(NoStoreReason.Conditional, Decide(Some.Response("max-age=60", status), TenSeconds).Reason);

    [Theory]
    [InlineData(200)]
    [InlineData(203)]
    [InlineData(204)]
    [InlineData(299)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(499)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(599)]
    public void Any_final_status_is_stored_when_the_response_says_for_how_long(int status) =>
        Assert.Equal(Some.Seconds(60), Decide(Some.Response("max-age=60", status)).Lifetime?.TimeToLive);

    [Theory]
    [InlineData(200, null)]
    [InlineData(404, null)]
    [InlineData(503, null)]
    [InlineData(299, NoStoreReason.MustUnderstand)]
    [InlineData(499, NoStoreReason.MustUnderstand)]
    [InlineData(599, NoStoreReason.MustUnderstand)]
    internal void Must_understand_keeps_out_a_status_that_is_unknown_here(int status, NoStoreReason? reason) =>
        Assert.Equal(reason, Decide(Some.Response("must-understand, max-age=60", status)).Reason);

    [Theory]
    [InlineData("max-age=60", false)]
    [InlineData("max-age=60, proxy-revalidate", false)]
    [InlineData("max-age=60, public=1", false)]
    [InlineData("max-age=60, public", true)]
    [InlineData("max-age=60, must-revalidate", true)]
    [InlineData("s-maxage=60", true)]
    public void An_answer_to_Authorization_needs_leave(string cacheControl, bool stored)
    {
        var verdict = Decide(Some.Request() with { HasAuthorization = true }, Some.Response(cacheControl), TenSeconds);

        Assert.Equal(stored ? null : NoStoreReason.Authorization, verdict.Reason);
    }

    [Theory]
    [InlineData("max-age=60", false)]
    [InlineData("max-age=60, must-revalidate", false)]
    [InlineData("max-age=60, public", true)]
    [InlineData("s-maxage=60", true)]
    public void A_signed_in_users_page_needs_leave(string cacheControl, bool stored)
    {
        var verdict = Decide(Some.Request() with { IsSignedIn = true }, Some.Response(cacheControl), TenSeconds);

        Assert.Equal(stored ? null : NoStoreReason.SignedIn, verdict.Reason);
    }

    [Theory]
    [InlineData("s-maxage=0")]
    [InlineData("s-maxage=junk")]
    public void An_s_maxage_of_nothing_is_no_leave(string cacheControl)
    {
        var request = Some.Request() with { HasAuthorization = true };

        Assert.Equal(NoStoreReason.Authorization, Decide(request, Some.Response(cacheControl), TenSeconds).Reason);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(500)]
    public void A_response_that_does_not_say_for_how_long_is_not_stored(int status) =>
        Assert.Equal(NoStoreReason.NoFreshness, Decide(Some.Response("public", status)).Reason);

    [Theory]
    [InlineData("max-age=0", null)]
    [InlineData("max-age=junk", null)]
    [InlineData("max-age=60", "60")]
    [InlineData("max-age=60", "99999999999999999999")]
    [InlineData("max-age=99999999999999999999", "99999999999999999999")]
    public void A_response_with_nothing_left_is_not_stored(string cacheControl, string? age) =>
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(Some.Response(cacheControl) with { Age = age }).Reason);

    [Fact]
    public void An_invalid_Expires_is_already_stale() =>
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(Some.Response() with { HasExpires = true }).Reason);

    [Theory]
    [InlineData("")]
    [InlineData("max-age=3")]
    [InlineData("max-age=3600")]
    [InlineData("max-age=0")]
    public void A_policy_wins_over_the_freshness_of_the_headers(string cacheControl) =>
        Assert.Equal(Some.Seconds(10), Decide(Some.Response(cacheControl), TenSeconds).Lifetime?.TimeToLive);

    [Theory]
    [InlineData(200, true)]
    [InlineData(203, true)]
    [InlineData(204, true)]
    [InlineData(300, true)]
    [InlineData(301, true)]
    [InlineData(308, true)]
    [InlineData(201, false)]
    [InlineData(302, false)]
    [InlineData(307, false)]
    [InlineData(400, false)]
    [InlineData(404, false)]
    [InlineData(410, false)]
    [InlineData(500, false)]
    [InlineData(599, false)]
    public void A_policy_speaks_of_successes_and_permanent_redirects_only(int status, bool stored)
    {
        Assert.Equal(stored ? null : NoStoreReason.NoFreshness, Decide(Some.Response(status: status), TenSeconds).Reason);
        Assert.Equal(Some.Seconds(stored ? 10 : 60), Decide(Some.Response("max-age=60", status), TenSeconds).Lifetime?.TimeToLive);
    }

    [Fact]
    public void A_policy_without_a_lifetime_leaves_it_to_the_headers()
    {
        Assert.Equal(Some.Seconds(60), Decide(Some.Response("max-age=60"), default(PolicyLifetime)).Lifetime?.TimeToLive);
        Assert.Equal(NoStoreReason.NoFreshness, Decide(Some.Response(), default(PolicyLifetime)).Reason);
    }

    [Fact]
    public void A_sliding_policy_has_no_end_of_freshness()
    {
        var verdict = Decide(Some.Response("max-age=3"), new PolicyLifetime(null, Some.Seconds(5)));

        Assert.Equal(new StoredLifetime(null, TimeSpan.Zero, Some.Seconds(5)), verdict.Lifetime);
        Assert.Null(verdict.Lifetime?.TimeToLive);
    }

    [Fact]
    public void A_policy_may_slide_within_a_duration()
    {
        var verdict = Decide(Some.Response(), new PolicyLifetime(Some.Seconds(60), Some.Seconds(5)));

        Assert.Equal(new StoredLifetime(Some.Seconds(60), TimeSpan.Zero, Some.Seconds(5)), verdict.Lifetime);
    }

    [Fact]
    public void A_policys_time_begins_when_the_app_answers()
    {
        var response = Some.Response() with { Date = Some.Now.AddSeconds(-8) };
        var verdict = Storing.Decide(Some.Request(), response, TenSeconds, Some.Rules(), requestTime: Some.Now.AddSeconds(-8), now: Some.Now);

        Assert.Equal(Some.Seconds(10), verdict.Lifetime?.TimeToLive);
    }

    [Fact]
    public void A_policys_time_counts_the_Age_of_a_response_from_elsewhere()
    {
        Assert.Equal(Some.Seconds(6), Decide(Some.Response() with { Age = "4" }, TenSeconds).Lifetime?.TimeToLive);
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(Some.Response() with { Age = "10" }, TenSeconds).Reason);
    }

    [Fact]
    public void A_policy_of_any_length_overflows_nothing()
    {
        Assert.Equal(DeltaSeconds.Max, Decide(Some.Response(), new PolicyLifetime(TimeSpan.MaxValue, null)).Lifetime?.TimeToLive);
        Assert.Equal(
            NoStoreReason.AlreadyStale,
            Decide(Some.Response() with { Age = "9999999999" }, new PolicyLifetime(TimeSpan.MinValue, null)).Reason);
        Assert.Equal(NoStoreReason.AlreadyStale, Decide(Some.Response(), new PolicyLifetime(null, TimeSpan.Zero)).Reason);
    }

    [Fact]
    public void No_store_in_any_spelling_is_never_stored()
    {
        var spelling = Gen.Bool.Array[8].Select(
            upper => string.Concat("no-store".Select((c, i) => upper[i] ? char.ToUpperInvariant(c) : c)));
        var space = Gen.String[Gen.Char[" \t,"], 0, 3];
        var others = Gen.OneOf("", "public", "max-age=60", "s-maxage=60", "must-understand", "a=\"b, c\"", "a=\"\\\"\"").Array[0, 4];
        var policy = Gen.OneOf<PolicyLifetime?>(null, TenSeconds, new PolicyLifetime(null, Some.Seconds(5)));

        Gen.Select(spelling, space, others, others, Gen.Bool, policy).Sample((noStore, blank, before, after, sameLine, own) =>
        {
            string[] members = [.. before, blank + noStore + blank, .. after];
            var lines = sameLine ? new StringValues(string.Join(',', members)) : new StringValues(members);
            return Decide(Some.Response(lines), own).Reason == NoStoreReason.NoStore;
        });
    }
}
