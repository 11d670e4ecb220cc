using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3: which kinds of response are stored. For how long is another test's matter.</summary>
public class StorableTests
{
    private static readonly CachingRules Lenient = new() { HonorRequestDirectives = true, StorePost = true, StoreSetCookie = true };

    private static NoStoreReason? ReasonNotTo(ResponseFacts response, CachingRules? rules = null, string method = "GET", string? asked = null) =>
        Storing.Decide(Some.Request(asked, method), response, policy: null, rules ?? Some.Rules(), requestTime: Some.Now, now: Some.Now).Reason;

    private static ResponseFacts Posted(string cacheControl, int status = 200) => Some.Response(cacheControl, status) with { IsAboutTarget = true };

    [Theory]
    [InlineData("max-age=60")]
    [InlineData("s-maxage=60")]
    [InlineData("s-maxage=60, max-age=0")]
    public void An_answer_to_POST_about_its_own_URL_is_stored_where_the_rules_say_so(string cacheControl)
    {
        Assert.Null(ReasonNotTo(Posted(cacheControl), Lenient, "POST"));
        Assert.Equal(NoStoreReason.Method, ReasonNotTo(Posted(cacheControl), Some.Rules(), "POST"));
    }

    [Fact]
    public void Expires_is_freshness_enough_for_an_answer_to_POST() =>
        Assert.Null(ReasonNotTo(Posted("") with { HasExpires = true, Expires = Some.Now.AddSeconds(60) }, Lenient, "POST"));

    [Theory]
    [InlineData("POST", "public", 200)]
    [InlineData("POST", "", 200)]
    [InlineData("POST", "max-age=60", 199)]
    [InlineData("POST", "max-age=60", 201)]
    [InlineData("POST", "max-age=60", 204)]
    [InlineData("POST", "max-age=60", 404)]
    [InlineData("PUT", "max-age=60", 200)]
    [InlineData("HEAD", "max-age=60", 200)]
    [InlineData("post", "max-age=60", 200)]
    public void No_other_answer_to_another_method_than_GET_is_stored(string method, string cacheControl, int status) =>
        Assert.Equal(NoStoreReason.Method, ReasonNotTo(Posted(cacheControl, status), Lenient, method));

    [Fact]
    public void An_answer_to_POST_about_something_else_is_not_stored() =>
        Assert.Equal(NoStoreReason.Method, ReasonNotTo(Some.Response("max-age=60"), Lenient, "POST"));

    [Fact]
    public void Neither_a_policy_nor_a_guess_is_freshness_enough_for_an_answer_to_POST()
    {
        var response = Posted("") with { LastModified = Some.Now.AddDays(-1) };
        var rules = Lenient with { HeuristicFreshness = true };
        var verdict = Storing.Decide(
            Some.Request(method: "POST"), response, new PolicyLifetime(Some.Seconds(10), null), rules, requestTime: Some.Now, now: Some.Now);

        Assert.Equal(NoStoreReason.Method, verdict.Reason);
    }

    [Theory]
    [InlineData("no-store", "max-age=60", NoStoreReason.RequestNoStore)]
    [InlineData(null, "max-age=60, no-store", NoStoreReason.NoStore)]
    [InlineData(null, "max-age=60, private", NoStoreReason.Private)]
    internal void What_forbids_storing_an_answer_to_GET_forbids_it_for_POST(string? asked, string cacheControl, NoStoreReason reason) =>
        Assert.Equal(reason, ReasonNotTo(Posted(cacheControl), Lenient, "POST", asked));

    [Theory]
    [InlineData("max-age=60", true, null)]
    [InlineData("max-age=60", false, NoStoreReason.SetCookie)]
    [InlineData("max-age=60, no-store", true, NoStoreReason.NoStore)]
    [InlineData("max-age=60, private", true, NoStoreReason.Private)]
    internal void A_response_that_sets_a_cookie_is_stored_only_where_the_rules_say_so(string cacheControl, bool storeSetCookie, NoStoreReason? reason)
    {
        var response = Some.Response(cacheControl) with { HasSetCookie = true };
        var rules = new CachingRules { StoreSetCookie = storeSetCookie };

        Assert.Equal(reason, ReasonNotTo(response, rules));
        Assert.Equal(reason, Storing.ForbiddenByFields(response, rules));
    }

    [Fact]
    public void Of_what_forbids_the_plainest_word_is_the_reason()
    {
        var response = Some.Response("no-store, private") with { HasSetCookie = true, Vary = "*" };

        Assert.Equal(NoStoreReason.NoStore, Storing.ForbiddenByFields(response, Some.Rules()));
        response = response with { CacheControl = CacheControl.Parse("private") };
        Assert.Equal(NoStoreReason.Private, Storing.ForbiddenByFields(response, Some.Rules()));
        response = response with { CacheControl = CacheControl.None };
        Assert.Equal(NoStoreReason.SetCookie, Storing.ForbiddenByFields(response, Some.Rules()));
        response = response with { HasSetCookie = false };
        Assert.Equal(NoStoreReason.VaryStar, Storing.ForbiddenByFields(response, Some.Rules()));
    }

    /// <summary>RFC 9111 3.3</summary>
    [Theory]
    [InlineData("bytes 0-4/10", true)]
    [InlineData("bytes 0-9/10", true)]
    [InlineData("bytes 9-9/10", true)]
    [InlineData("bytes 0-4/*", false)]
    [InlineData("bytes 0-10/10", false)]
    [InlineData("bytes 4-0/10", false)]
    [InlineData("bytes */10", false)]
    [InlineData("items 0-4/10", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_part_is_stored_where_it_is_known_which_one_it_is(string? contentRange, bool stored)
    {
        var reason = ReasonNotTo(Some.Response("max-age=60", status: 206) with { ContentRange = contentRange });

        Assert.Equal(stored ? null : NoStoreReason.PartialContent, reason);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(205)]
    [InlineData(207)]
    [InlineData(404)]
    public void Content_Range_means_nothing_with_other_statuses(int status) =>
        Assert.Null(ReasonNotTo(Some.Response("max-age=60", status) with { ContentRange = "junk" }));

    [Fact]
    public void A_policy_does_not_speak_of_parts()
    {
        var part = Some.Response("", status: 206) with { ContentRange = "bytes 0-4/10" };
        var policy = new PolicyLifetime(Some.Seconds(10), null);
        var verdict = Storing.Decide(Some.Request(), part, policy, Some.Rules(), requestTime: Some.Now, now: Some.Now);

        Assert.Equal(NoStoreReason.NoFreshness, verdict.Reason);
    }

    [Theory]
    [InlineData(199, false)]
    [InlineData(200, true)]
    [InlineData(303, true)]
    [InlineData(304, false)]
    [InlineData(305, true)]
    [InlineData(411, true)]
    [InlineData(412, false)]
    [InlineData(413, true)]
    [InlineData(415, true)]
    [InlineData(416, false)]
    [InlineData(417, true)]
    [InlineData(599, true)]
    [InlineData(600, false)]
    [InlineData(int.MinValue, false)]
    [InlineData(int.MaxValue, false)]
    public void A_final_status_that_answers_a_plain_GET_is_stored(int status, bool stored) =>
        Assert.Equal(
            stored ? null : status is 304 or 412 or 416 ? NoStoreReason.Conditional : NoStoreReason.Status,
            ReasonNotTo(Some.Response("max-age=60", status)));

    /// <summary>RFC 9111 5.2.2.3</summary>
    [Theory]
    [InlineData(200, true)]
    [InlineData(206, true)]
    [InlineData(207, false)]
    [InlineData(299, false)]
    [InlineData(300, true)]
    [InlineData(303, true)]
    [InlineData(305, true)]
    [InlineData(306, false)]
    [InlineData(307, true)]
    [InlineData(308, true)]
    [InlineData(309, false)]
    [InlineData(399, false)]
    [InlineData(400, true)]
    [InlineData(417, true)]
    [InlineData(418, false)]
    [InlineData(420, false)]
    [InlineData(421, true)]
    [InlineData(422, true)]
    [InlineData(423, false)]
    [InlineData(425, false)]
    [InlineData(426, true)]
    [InlineData(427, false)]
    [InlineData(499, false)]
    [InlineData(500, true)]
    [InlineData(505, true)]
    [InlineData(506, false)]
    public void Must_understand_lets_in_the_statuses_of_RFC_9110(int status, bool understood)
    {
        var response = Some.Response("max-age=60, must-understand", status) with { ContentRange = "bytes 0-4/10" };

        Assert.Equal(understood ? null : NoStoreReason.MustUnderstand, ReasonNotTo(response));
    }

    /// <summary>RFC 9111 5.2.2.4</summary>
    [Theory]
    [InlineData(200, null, false, false)]
    [InlineData(200, "\"a\"", false, true)]
    [InlineData(200, "W/\"a\"", false, true)]
    [InlineData(200, null, true, true)]
    [InlineData(299, "\"a\"", true, true)]
    [InlineData(300, "\"a\"", true, false)]
    [InlineData(404, "\"a\"", true, false)]
    public void No_cache_is_stored_where_each_reuse_can_be_validated(int status, string? etag, bool hasLastModified, bool stored)
    {
        var response = Some.Response("no-cache, max-age=60", status) with
        {
            ETag = etag,
            LastModified = hasLastModified ? Some.Now.AddDays(-1) : null,
        };

        Assert.Equal(stored ? null : NoStoreReason.NoCache, ReasonNotTo(response));
    }

    [Fact]
    public void No_cache_with_field_names_speaks_of_these_fields_only() =>
        Assert.Null(ReasonNotTo(Some.Response("no-cache=\"X-A\", private=\"X-B\", max-age=60")));
}
