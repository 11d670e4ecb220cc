using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.3.2</summary>
public class ValidationTests
{
    private static bool IsNotModified(StringValues ifNoneMatch, string? etag) =>
        Validation.IsNotModified(Some.Request() with { IfNoneMatch = ifNoneMatch }, Some.Stored() with { ETag = etag }, Some.Now);

    private static bool IsNotModifiedSince(string? since, StoredResponse stored, string method = "GET") =>
        Validation.IsNotModified(Some.Request(method: method) with { IfModifiedSince = since }, stored, Some.Now);

    [Fact]
    public void Without_a_condition_the_client_has_nothing() =>
        Assert.False(Validation.IsNotModified(Some.Request(), Some.Stored() with { ETag = "\"a\"", LastModified = Some.Now }, Some.Now));

    [Theory]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData("W/\"a\"", "\"a\"")]
    [InlineData("\"a\"", "W/\"a\"")]
    [InlineData("W/\"a\"", "W/\"a\"")]
    [InlineData("\"b\", \"a\"", "\"a\"")]
    [InlineData("\"b\",W/\"c\",\"a\"", "\"a\"")]
    [InlineData(" , \"b\" ,, \"a\" ,", "\"a\"")]
    [InlineData("\"b\", \"a,c\"", "\"a,c\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"é\"", "\"é\"")]
    [InlineData("\"a\\\"", "\"a\\\"")]
    [InlineData("*", "\"a\"")]
    [InlineData(" * ", null)]
    [InlineData("\"a\", junk", "\"a\"")]
    [InlineData("a", "a")]
    public void If_None_Match_names_the_stored_tag(string ifNoneMatch, string? etag) => Assert.True(IsNotModified(ifNoneMatch, etag));

    [Theory]
    [InlineData("\"b\"", "\"a\"")]
    [InlineData("\"A\"", "\"a\"")]
    [InlineData("\"a,c\"", "\"a\"")]
    [InlineData("\"c,a\"", "\"a\"")]
    [InlineData("\"a\"", null)]
    [InlineData("a", "\"a\"")]
    [InlineData("\"a\"", "a")]
    [InlineData("\"a\"", "\"a\" ")]
    [InlineData("\"a", "\"a\"")]
    [InlineData("a\"", "\"a\"")]
    [InlineData("w/\"a\"", "\"a\"")]
    [InlineData("W/ \"a\"", "\"a\"")]
    [InlineData("'a'", "\"a\"")]
    [InlineData("\"a\"b", "\"a\"")]
    [InlineData("\"b\"\"a\"", "\"a\"")]
    [InlineData("junk, \"a\"", "\"a\"")]
    [InlineData("\"b, \"a\"", "\"a\"")]
    [InlineData("*, \"b\"", "\"a\"")]
    [InlineData("\"b\", *", "\"a\"")]
    [InlineData("\"*\"", "\"a\"")]
    [InlineData("", "\"a\"")]
    [InlineData("W/", "W/")]
    [InlineData("\"", "\"")]
    public void If_None_Match_does_not_name_the_stored_tag(string ifNoneMatch, string? etag) =>
        Assert.False(IsNotModified(ifNoneMatch, etag));

    [Fact]
    public void All_lines_of_If_None_Match_count()
    {
        Assert.True(IsNotModified(new StringValues(["\"b\"", "\"a\""]), "\"a\""));
        Assert.True(IsNotModified(new StringValues(["junk", null, "\"a\""]), "\"a\""));
        Assert.False(IsNotModified(new StringValues(["\"b\"", "*"]), "\"a\""));
        Assert.False(IsNotModified(new StringValues(["*", "\"b\""]), "\"a\""));
    }

    [Fact]
    public void If_None_Match_wins_over_If_Modified_Since()
    {
        var request = Some.Request() with { IfNoneMatch = "\"old\"", IfModifiedSince = HttpDate.Format(Some.Now) };

        Assert.False(Validation.IsNotModified(request, Some.Stored() with { ETag = "\"new\"", LastModified = Some.Now }, Some.Now));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void If_Modified_Since_is_compared_with_Last_Modified(int secondsAfter, bool notModified)
    {
        var modified = Some.Now.AddDays(-1);
        var since = HttpDate.Format(modified.AddSeconds(secondsAfter));

        Assert.Equal(notModified, IsNotModifiedSince(since, Some.Stored() with { LastModified = modified }));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void If_Modified_Since_is_compared_with_Date_where_there_is_no_Last_Modified(int secondsAfter, bool notModified)
    {
        var stored = Some.Stored() with { Date = Some.Now.AddMilliseconds(700) };

        Assert.Equal(notModified, IsNotModifiedSince(HttpDate.Format(Some.Now.AddSeconds(secondsAfter)), stored));
    }

    [Theory]
    [InlineData("Sunday, 01-Mar-26 12:00:00 GMT")]
    [InlineData("Sun Mar  1 12:00:00 2026")]
    public void If_Modified_Since_may_be_in_an_obsolete_format(string since) =>
        Assert.True(IsNotModifiedSince(since, Some.Stored() with { LastModified = Some.Now }));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("tomorrow")]
    [InlineData("Sun, 01 Mar 2026 12:00:00 GMT,Sun, 01 Mar 2026 12:00:00 GMT")]
    public void An_invalid_If_Modified_Since_is_ignored(string? since) =>
        Assert.False(IsNotModifiedSince(since, Some.Stored() with { LastModified = Some.Now.AddDays(-1) }));

    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("POST", false)]
    public void If_Modified_Since_counts_for_GET_and_HEAD_only(string method, bool counts) =>
        Assert.Equal(counts, IsNotModifiedSince(HttpDate.Format(Some.Now), Some.Stored() with { LastModified = Some.Now }, method));

    [Fact]
    public void Reading_anything_never_fails() =>
        Gen.Select(Gen.String[Gen.Char["W/\"ab*, \t\\\0"], 0, 30].Array[0, 3], Gen.String).Sample((lines, etag) =>
        {
            IsNotModified(lines, etag);
        });

    [Fact]
    public void A_tag_is_found_anywhere_in_a_list()
    {
        var tag = Gen.Select(Gen.Bool, Gen.String[Gen.Char["abc,!~"], 0, 5], (weak, opaque) => $"{(weak ? "W/" : "")}\"{opaque}\"");

        Gen.Select(tag.Array[0, 5], tag, tag.Array[0, 5]).Sample((before, sought, after) =>
            IsNotModified(string.Join(", ", [.. before, sought, .. after]), sought));
    }
}
