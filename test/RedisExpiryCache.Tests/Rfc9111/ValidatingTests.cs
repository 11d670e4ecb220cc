using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.3.1, 4.3.4 and 4.3.5: what the app is asked about, and what its answer says.</summary>
public class ValidatingTests
{
    private const string LastModified = "Sat, 28 Feb 2026 12:00:00 GMT";

    private static readonly StoredResponse Stored = Some.Stored() with { ETag = "\"a\"", LastModified = Some.Now.AddDays(-1) };

    private static string[] Tags(string tags) => tags.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Theory]
    [InlineData("", "")]
    [InlineData("\"b\"", "\"b\"")]
    [InlineData("\"b\" \"c\"", "\"b\" \"c\"")]
    [InlineData("\"b\" \"a\" \"b\"", "\"b\"")]
    [InlineData("\"A\" W/\"a\"", "\"A\" W/\"a\"")]
    public void The_app_is_asked_about_the_selected_response_first_and_about_each_tag_once(string others, string asked)
    {
        var conditions = Validation.Ask(Stored, Tags(others), LastModified);

        Assert.Equal("\"a\"", conditions.Own);
        Assert.Equal(Tags(asked), conditions.Others);
        Assert.Equal(LastModified, conditions.LastModified);
        Assert.False(conditions.IsNone);
        Assert.Equal(string.Join(", ", Tags("\"a\" " + asked)), conditions.IfNoneMatch);
    }

    [Fact]
    public void The_date_is_asked_about_as_it_was_written()
    {
        const string Odd = "Saturday, 28-Feb-26 12:00:00 GMT";

        Assert.Equal(Odd, Validation.Ask(Stored, [], Odd).LastModified);
        Assert.Null(Validation.Ask(Stored with { LastModified = null }, [], "yesterday").LastModified);
    }

    [Fact]
    public void Where_nothing_is_selected_the_app_is_asked_about_the_other_variants_alone()
    {
        var conditions = Validation.Ask(selected: null, Tags("\"b\" \"c\" \"b\""), LastModified);

        Assert.Equal((null, "\"b\", \"c\"", null), (conditions.Own, conditions.IfNoneMatch, conditions.LastModified));
    }

    [Fact]
    public void The_app_is_not_asked_about_a_tag_of_our_own()
    {
        var conditions = Validation.Ask(Stored with { IsETagOurs = true }, [], LastModified);

        Assert.Equal((null, "", LastModified), (conditions.Own, conditions.IfNoneMatch, conditions.LastModified));
    }

    /// <summary>RFC 9110 13.2.2: beside tags a server does not look at the date.</summary>
    [Fact]
    public void A_selected_response_that_has_no_tag_is_asked_about_alone()
    {
        foreach (var selected in new[] { Stored with { IsETagOurs = true }, Stored with { ETag = null } })
        {
            var conditions = Validation.Ask(selected, ["\"b\""], LastModified);

            Assert.Equal((null, "", LastModified), (conditions.Own, conditions.IfNoneMatch, conditions.LastModified));
        }
    }

    [Fact]
    public void There_may_be_nothing_to_ask()
    {
        Assert.True(Validation.Ask(selected: null, [], LastModified).IsNone);
        Assert.True(Validation.Ask(Stored with { ETag = null, LastModified = null }, ["\"b\""], null).IsNone);
        Assert.True(Conditions.None.IsNone);
        Assert.True(new Conditions(null, [], null).IsNone);
        Assert.False(new Conditions("\"a\"", [], null).IsNone);
        Assert.False(new Conditions(null, ["\"a\""], null).IsNone);
        Assert.False(new Conditions(null, [], LastModified).IsNone);
    }

    [Theory]
    [InlineData(null, "", "")]
    [InlineData("\"a\"", "", "\"a\"")]
    [InlineData("\"a\"", "\"b\" W/\"c\"", "\"a\", \"b\", W/\"c\"")]
    [InlineData(null, "\"b\" W/\"c\"", "\"b\", W/\"c\"")]
    public void If_None_Match_names_the_selected_response_and_then_the_others(string? own, string others, string field) =>
        Assert.Equal(field, new Conditions(own, Tags(others), LastModified).IfNoneMatch);

    [Theory]
    [InlineData("\"a\"", "\"b\"", true, "\"a\"", null)]
    [InlineData("\"a\"", "\"b\"", true, "W/\"a\"", null)]
    [InlineData("W/\"a\"", "\"b\"", true, "\"a\"", null)]
    [InlineData("\"a\"", "\"b\"", true, "\"b\"", "\"b\"")]
    [InlineData("\"a\"", "\"b\" \"c\"", true, "\"c\"", "\"c\"")]
    [InlineData(null, "\"a\" \"b\"", false, "\"b\"", "\"b\"")]
    [InlineData(null, "\"a\"", false, "\"a\"", "\"a\"")]
    [InlineData("\"a\"", "W/\"a\" \"b\"", true, "W/\"a\"", null)]
    public void A_304_speaks_of_the_response_whose_tag_it_carries(string? own, string others, bool hasSelected, string etag, string? expected)
    {
        Assert.True(Validation.TrySelect(new Conditions(own, Tags(others), LastModified), hasSelected, etag, out var other));
        Assert.Equal(expected, other);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "\"z\"")]
    [InlineData("\"a\"", null)]
    [InlineData("\"a\"", "")]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData("\"a\"", "\"z\"")]
    public void Where_one_response_was_asked_about_a_304_speaks_of_that_one(string? own, string? etag)
    {
        Assert.True(Validation.TrySelect(new Conditions(own, [], null), hasSelected: true, etag, out var other));
        Assert.Null(other);
    }

    [Theory]
    [InlineData("\"a\"", "\"b\"", true, null)]
    [InlineData("\"a\"", "\"b\"", true, "\"z\"")]
    [InlineData("\"a\"", "\"b\"", true, "W/\"b\"")]
    [InlineData("\"a\"", "W/\"b\"", true, "W/\"b\"")]
    [InlineData("\"a\"", "\"b\"", false, "\"a\"")]
    [InlineData("a", "\"b\"", true, "a")]
    [InlineData(null, "\"a\" \"b\"", false, "\"z\"")]
    [InlineData(null, "\"a\"", false, null)]
    [InlineData(null, "\"a\"", false, "\"z\"")]
    [InlineData(null, "\"a\"", false, "a")]
    [InlineData(null, "a", false, "a")]
    [InlineData(null, "W/\"a\"", false, "W/\"a\"")]
    [InlineData(null, "", false, null)]
    [InlineData(null, "", false, "\"z\"")]
    public void A_304_may_speak_of_nothing_that_is_stored(string? own, string others, bool hasSelected, string? etag)
    {
        Assert.False(Validation.TrySelect(new Conditions(own, Tags(others), null), hasSelected, etag, out var other));
        Assert.Null(other);
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData("\"a\"", null, null, false)]
    [InlineData("\"b\"", null, null, true)]
    [InlineData("W/\"a\"", null, null, true)]
    [InlineData("\"A\"", null, null, true)]
    [InlineData(null, 0, null, false)]
    [InlineData(null, 1, null, true)]
    [InlineData(null, -1, null, true)]
    [InlineData(null, null, 5L, false)]
    [InlineData(null, null, 4L, true)]
    [InlineData(null, null, 6L, true)]
    [InlineData("\"a\"", 0, 5L, false)]
    [InlineData("\"b\"", 0, 5L, true)]
    [InlineData("\"a\"", 1, 5L, true)]
    [InlineData("\"a\"", 0, 6L, true)]
    public void An_answer_to_HEAD_contradicts_what_is_stored_by_what_can_be_compared(
        string? etag, int? secondsLater, long? length, bool expected)
    {
        var head = Some.Response() with
        {
            ETag = etag,
            LastModified = secondsLater is { } seconds ? Stored.LastModified!.Value.AddSeconds(seconds) : null,
        };

        Assert.Equal(expected, Validation.IsContradictedByHead(Stored, storedLength: 5, head, length));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(5L, false)]
    [InlineData(6L, true)]
    public void An_answer_to_HEAD_knows_nothing_of_a_tag_of_our_own(long? length, bool expected)
    {
        var head = Some.Response() with { ETag = "\"b\"" };

        Assert.Equal(expected, Validation.IsContradictedByHead(Stored with { IsETagOurs = true }, 5, head, length));
        Assert.Equal(expected, Validation.IsContradictedByHead(Stored with { IsETagOurs = true }, 5, head with { ETag = "\"a\"" }, length));
    }

    [Fact]
    public void An_answer_to_HEAD_with_a_validator_that_is_not_stored_is_about_something_else()
    {
        var bare = Stored with { ETag = null, LastModified = null };

        Assert.True(Validation.IsContradictedByHead(bare, 5, Some.Response() with { ETag = "\"a\"" }, contentLength: null));
        Assert.True(Validation.IsContradictedByHead(bare, 5, Some.Response() with { LastModified = Some.Now }, contentLength: null));
        Assert.False(Validation.IsContradictedByHead(bare, 5, Some.Response(), contentLength: 5));
        Assert.False(Validation.IsContradictedByHead(bare, 5, Some.Response(), contentLength: null));
    }

    /// <summary>RFC 5861 4</summary>
    [Theory]
    [InlineData(200, false)]
    [InlineData(404, false)]
    [InlineData(499, false)]
    [InlineData(500, true)]
    [InlineData(501, false)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(505, false)]
    [InlineData(599, false)]
    public void An_app_fails_with_these_statuses(int status, bool fails) => Assert.Equal(fails, Validation.IsFailure(status));
}
