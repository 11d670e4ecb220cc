using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3.3: when a stored part answers.</summary>
public class ReusePartTests
{
    private static readonly StoredResponse Beginning = Some.Stored(age: 20) with
    {
        StatusCode = 206,
        Part = new StoredRange(new ByteRange(0, 4), 10),
        BodyLength = 5,
        ETag = "\"a\"",
        LastModified = Some.Now.AddDays(-1),
        StaleIfError = Some.Seconds(900),
    };

    private static readonly StoredResponse End = Beginning with { Part = new StoredRange(new ByteRange(5, 9), 10) };

    private static readonly ReuseVerdict Served = ReuseVerdict.Serve(Some.Seconds(20), Some.Seconds(40));

    // Neither a condition nor a stand-in: a part that was not asked for is of no use.
    private static readonly ReuseVerdict Forwarded =
        ReuseVerdict.Ask(ReuseAction.Forward, ForwardReason.Partial, Some.Seconds(20), Some.Seconds(40), mayServeOnError: false);

    private static ReuseVerdict Decide(string? range, StoredResponse stored, string? cacheControl = null, string method = "GET", string? ifRange = null) =>
        Reuse.Decide(Some.Request(cacheControl, method) with { Range = range, IfRange = ifRange }, stored, Some.Rules(), Some.Now);

    [Theory]
    [InlineData("bytes=0-4")]
    [InlineData("bytes=0-0")]
    [InlineData("bytes=4-4")]
    [InlineData("bytes=1-3")]
    [InlineData("bytes=0-1,3-4")]
    [InlineData("bytes=0-2,2-4")]
    public void A_part_answers_what_lies_within_it(string range) => Assert.Equal(Served, Decide(range, Beginning));

    [Theory]
    [InlineData("bytes=5-9")]
    [InlineData("bytes=5-")]
    [InlineData("bytes=5-900")]
    [InlineData("bytes=-5")]
    [InlineData("bytes=-1")]
    [InlineData("bytes=9-9")]
    public void A_part_at_the_end_answers_what_reaches_to_the_end(string range) => Assert.Equal(Served, Decide(range, End));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("bytes=0-5")]
    [InlineData("bytes=0-")]
    [InlineData("bytes=5-5")]
    [InlineData("bytes=-1")]
    [InlineData("bytes=0-1,5-6")]
    [InlineData("bytes=4-0")]
    [InlineData("bytes=10-")]
    public void A_part_does_not_answer_anything_else(string? range) => Assert.Equal(Forwarded, Decide(range, Beginning));

    [Theory]
    [InlineData("bytes=-6")]
    [InlineData("bytes=4-9")]
    public void A_part_at_the_end_does_not_answer_what_begins_before_it(string range) => Assert.Equal(Forwarded, Decide(range, End));

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("\"b\"", false)]
    [InlineData("W/\"a\"", false)]
    [InlineData("Sat, 28 Feb 2026 12:00:00 GMT", true)]
    [InlineData("Sat, 28 Feb 2026 12:00:01 GMT", false)]
    public void A_part_answers_only_the_client_that_has_another_part_of_the_same(string ifRange, bool served) =>
        Assert.Equal(served ? Served : Forwarded, Decide("bytes=0-4", Beginning, ifRange: ifRange));

    /// <summary>Its Content-Range promised more than the app sent.</summary>
    [Theory]
    [InlineData(3, "bytes=0-4", true)]
    [InlineData(3, "bytes=2-4", true)]
    [InlineData(3, "bytes=3-4", false)]
    [InlineData(3, "bytes=0-1,2-4", true)]
    [InlineData(3, "bytes=0-1,3-4", false)]
    [InlineData(1, "bytes=0-0", true)]
    [InlineData(1, "bytes=1-1", false)]
    [InlineData(0, "bytes=0-4", false)]
    public void A_part_with_too_few_bytes_answers_what_begins_with_one_that_is_there(long bodyLength, string range, bool served) =>
        Assert.Equal(served ? Served : Forwarded, Decide(range, Beginning with { BodyLength = bodyLength }));

    [Theory]
    [InlineData(3, "bytes=-5", true)]
    [InlineData(3, "bytes=-1", true)]
    [InlineData(3, "bytes=9-9", false)]
    [InlineData(3, "bytes=7-", true)]
    [InlineData(3, "bytes=8-", false)]
    [InlineData(0, "bytes=-5", false)]
    [InlineData(0, "bytes=-1", false)]
    public void A_part_at_the_end_with_too_few_bytes_answers_for_the_end_as_long_as_there_are_any(long bodyLength, string range, bool served) =>
        Assert.Equal(served ? Served : Forwarded, Decide(range, End with { BodyLength = bodyLength }));

    [Fact]
    public void A_part_does_not_answer_HEAD() => Assert.Equal(Forwarded, Decide("bytes=0-4", Beginning, method: "HEAD"));

    [Theory]
    [InlineData("only-if-cached")]
    [InlineData("only-if-cached, max-stale")]
    public void Only_if_cached_gets_no_other_part(string cacheControl) =>
        Assert.Equal(ReuseVerdict.GatewayTimeout(ForwardReason.Partial), Decide("bytes=0-5", Beginning, cacheControl));

    [Fact]
    public void A_part_that_was_not_asked_for_is_no_matter_of_freshness()
    {
        Assert.Equal(Forwarded, Decide("bytes=0-5", Beginning, "no-cache"));
        Assert.Equal(Forwarded, Decide("bytes=0-5", Beginning with { NoCache = true }));
    }

    [Fact]
    public void A_part_becomes_stale_and_is_validated_like_a_whole()
    {
        var stale = Beginning with { FreshnessLifetime = Some.Seconds(20) };
        var expected = ReuseVerdict.Ask(ReuseAction.Revalidate, ForwardReason.Stale, Some.Seconds(20), TimeSpan.Zero, mayServeOnError: true);
        var asked = Decide("bytes=0-4", stale, "no-cache");

        Assert.Equal(expected, Decide("bytes=0-4", stale));
        Assert.Equal((ReuseAction.Revalidate, ForwardReason.Request), (asked.Action, asked.Reason!.Value));
        Assert.Equal(ReuseAction.Serve, Decide("bytes=0-4", stale, "max-stale").Action);
    }

    [Fact]
    public void A_whole_response_answers_any_range_and_HEAD()
    {
        var whole = Beginning with { StatusCode = 200, Part = null };

        Assert.Equal(Served, Decide("bytes=0-4", whole));
        Assert.Equal(Served, Decide("bytes=0-4", whole, ifRange: "\"b\""));
        Assert.Equal(Served, Decide("bytes=0-4", whole, method: "HEAD"));
        Assert.Equal(Served, Decide(null, whole));
    }
}
