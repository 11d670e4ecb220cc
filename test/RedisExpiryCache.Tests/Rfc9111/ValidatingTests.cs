using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.3.1, 4.3.4 and 4.3.5: what the app is asked about, and what its answer says.</summary>
public class ValidatingTests
{
    private const string LastModified = "Sat, 28 Feb 2026 12:00:00 GMT";

    private static readonly StoredResponse Stored = Some.Stored() with { ETag = "\"a\"", LastModified = Some.Now.AddDays(-1) };

    private static string[] Tags(string tags) => tags.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Theory]
    [InlineData("", "\"a\"")]
    [InlineData("\"b\"", "\"a\" \"b\"")]
    [InlineData("\"b\" \"c\"", "\"a\" \"b\" \"c\"")]
    [InlineData("\"b\" \"a\" \"b\"", "\"a\" \"b\"")]
    [InlineData("\"A\" W/\"a\"", "\"a\" \"A\" W/\"a\"")]
    public void The_app_is_asked_about_the_selected_response_first_and_about_each_tag_once(string others, string asked)
    {
        var conditions = Validation.Ask(Stored, Tags(others), LastModified);

        Assert.Equal(Tags(asked), conditions.EntityTags);
        Assert.Equal(LastModified, conditions.LastModified);
        Assert.False(conditions.IsNone);
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
        var conditions = Validation.Ask(selected: null, ["\"b\""], LastModified);

        Assert.Equal(["\"b\""], conditions.EntityTags);
        Assert.Null(conditions.LastModified);
    }

    [Fact]
    public void The_app_is_not_asked_about_a_tag_of_our_own()
    {
        var ours = Stored with { IsETagOurs = true };

        Assert.Equal([], Validation.Ask(ours, [], LastModified).EntityTags);
        Assert.Equal(LastModified, Validation.Ask(ours, [], LastModified).LastModified);
        Assert.Equal(["\"b\""], Validation.Ask(ours, ["\"b\""], LastModified).EntityTags);
    }

    [Fact]
    public void There_may_be_nothing_to_ask()
    {
        Assert.True(Validation.Ask(selected: null, [], LastModified).IsNone);
        Assert.True(Validation.Ask(Stored with { ETag = null, LastModified = null }, [], null).IsNone);
        Assert.True(new Conditions([], null).IsNone);
        Assert.False(new Conditions(["\"a\""], null).IsNone);
        Assert.False(new Conditions([], LastModified).IsNone);
        Assert.False(new Conditions(["\"a\""], LastModified).IsNone);
    }

    [Theory]
    [InlineData("\"a\"", true, "\"a\"", "\"a\"")]
    [InlineData("\"a\" \"b\"", true, "\"a\"", "\"a\"")]
    [InlineData("\"a\" \"b\"", true, "\"b\"", "\"b\"")]
    [InlineData("\"a\" \"b\"", false, "\"b\"", "\"b\"")]
    [InlineData("\"a\"", false, "\"a\"", "\"a\"")]
    [InlineData("\"a\" W/\"b\"", false, "W/\"b\"", "W/\"b\"")]
    public void A_304_speaks_of_the_response_whose_tag_it_carries(string asked, bool hasSelected, string etag, string expected)
    {
        Assert.True(Validation.TrySelect(new Conditions(Tags(asked), LastModified), hasSelected, etag, out var tag));
        Assert.Equal(expected, tag);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("", "\"z\"")]
    [InlineData("\"a\"", null)]
    [InlineData("\"a\"", "")]
    [InlineData("\"a\"", "\"z\"")]
    public void Where_one_response_was_asked_about_a_304_speaks_of_that_one(string asked, string? etag)
    {
        Assert.True(Validation.TrySelect(new Conditions(Tags(asked), null), hasSelected: true, etag, out var tag));
        Assert.Null(tag);
    }

    [Theory]
    [InlineData("\"a\" \"b\"", true, null)]
    [InlineData("\"a\" \"b\"", true, "\"z\"")]
    [InlineData("\"a\" \"b\"", false, "\"z\"")]
    [InlineData("\"a\"", false, null)]
    [InlineData("\"a\"", false, "\"z\"")]
    [InlineData("\"a\"", false, "a")]
    [InlineData("", false, null)]
    [InlineData("", false, "\"z\"")]
    public void A_304_may_speak_of_nothing_that_is_stored(string asked, bool hasSelected, string? etag)
    {
        Assert.False(Validation.TrySelect(new Conditions(Tags(asked), null), hasSelected, etag, out var tag));
        Assert.Null(tag);
    }

    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData("\"a\"", null, null, true)]
    [InlineData("\"b\"", null, null, false)]
    [InlineData("W/\"a\"", null, null, false)]
    [InlineData("\"A\"", null, null, false)]
    [InlineData(null, 0, null, true)]
    [InlineData(null, 1, null, false)]
    [InlineData(null, -1, null, false)]
    [InlineData(null, null, 5L, true)]
    [InlineData(null, null, 4L, false)]
    [InlineData(null, null, 6L, false)]
    [InlineData("\"a\"", 0, 5L, true)]
    [InlineData("\"b\"", 0, 5L, false)]
    [InlineData("\"a\"", 1, 5L, false)]
    [InlineData("\"a\"", 0, 6L, false)]
    public void An_answer_to_HEAD_confirms_what_is_stored_unless_it_says_something_else(string? etag, int? secondsLater, long? length, bool confirmed)
    {
        var head = Some.Response() with
        {
            ETag = etag,
            LastModified = secondsLater is { } seconds ? Stored.LastModified!.Value.AddSeconds(seconds) : null,
        };

        Assert.Equal(confirmed, Validation.IsConfirmedByHead(Stored, storedLength: 5, head, length));
    }

    [Fact]
    public void An_answer_to_HEAD_knows_nothing_of_a_tag_of_our_own()
    {
        var head = Some.Response() with { ETag = "\"b\"" };

        Assert.True(Validation.IsConfirmedByHead(Stored with { IsETagOurs = true }, 5, head, contentLength: null));
        Assert.False(Validation.IsConfirmedByHead(Stored with { IsETagOurs = true }, 5, head, contentLength: 6));
    }

    [Fact]
    public void An_answer_to_HEAD_with_a_validator_that_is_not_stored_is_about_something_else()
    {
        var bare = Stored with { ETag = null, LastModified = null };

        Assert.False(Validation.IsConfirmedByHead(bare, 5, Some.Response() with { ETag = "\"a\"" }, contentLength: null));
        Assert.False(Validation.IsConfirmedByHead(bare, 5, Some.Response() with { LastModified = Some.Now }, contentLength: null));
        Assert.True(Validation.IsConfirmedByHead(bare, 5, Some.Response(), contentLength: 5));
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
