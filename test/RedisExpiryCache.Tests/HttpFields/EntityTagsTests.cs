using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9110 8.8.3</summary>
public class EntityTagsTests
{
    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("\"\"", true)]
    [InlineData("\"!#~é\u0080\"", true)]
    [InlineData("W/\"a\"", false)]
    [InlineData("W/", false)]
    [InlineData("a", false)]
    [InlineData("\"", false)]
    [InlineData("\"a", false)]
    [InlineData("a\"", false)]
    [InlineData("\"a\" ", false)]
    [InlineData(" \"a\"", false)]
    [InlineData("\"a\", \"b\"", false)]
    [InlineData("\"a b\"", false)]
    [InlineData("\"\u007f\"", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_strong_tag_is_quoted_and_not_marked_as_weak(string? etag, bool isStrong)
    {
        Assert.Equal(isStrong, EntityTags.IsStrong(etag));
        Assert.Equal(isStrong, EntityTags.StronglyEqual(etag, etag));
    }

    // The examples of RFC 9110 8.8.3.2, and more.
    [Theory]
    [InlineData("W/\"1\"", "W/\"1\"", false, true)]
    [InlineData("W/\"1\"", "W/\"2\"", false, false)]
    [InlineData("W/\"1\"", "\"1\"", false, true)]
    [InlineData("\"1\"", "\"1\"", true, true)]
    [InlineData("\"1\"", "\"2\"", false, false)]
    [InlineData("\"a\"", "\"A\"", false, false)]
    [InlineData("\"1\"", "\"1\" ", false, false)]
    [InlineData("\"1\"", "\"11\"", false, false)]
    [InlineData("\"1\"", "1", false, false)]
    [InlineData("1", "1", false, false)]
    [InlineData("w/\"1\"", "w/\"1\"", false, false)]
    [InlineData("\"1\"", null, false, false)]
    [InlineData(null, null, false, false)]
    [InlineData("", "", false, false)]
    [InlineData("\"\"", "\"\"", true, true)]
    [InlineData("\"1\"", "\"", false, false)]
    [InlineData("\"\"", "x", false, false)]
    public void Tags_are_compared_strongly_and_weakly(string? a, string? b, bool strongly, bool weakly)
    {
        Assert.Equal(strongly, EntityTags.StronglyEqual(a, b));
        Assert.Equal(strongly, EntityTags.StronglyEqual(b, a));
        Assert.Equal(weakly, EntityTags.WeaklyEqual(a, b));
        Assert.Equal(weakly, EntityTags.WeaklyEqual(b, a));
    }

    [Theory]
    [InlineData("abcdef", "abcdef", true)]
    [InlineData(" \tabcdef ", "abcdef", true)]
    [InlineData("abcdef", "ABCDEF", false)]
    [InlineData("abcdef", "\"abcdef\"", false)]
    [InlineData("\"abcdef\"", "abcdef", false)]
    [InlineData("abcdef, abcdef", "abcdef", false)]
    [InlineData("a,b", "a,b", false)]
    [InlineData("a b", "a b", false)]
    [InlineData("W/a", "W/a", false)]
    [InlineData("\"a", "\"a", false)]
    [InlineData("", "", false)]
    [InlineData("abcdef", null, false)]
    [InlineData("\u00a0abcdef", "abcdef", false)]
    [InlineData("\"b\"\u00a0, \"a\"", "\"a\"", false)]
    [InlineData("\"b\" , \"a\"", "\"a\"", true)]
    public void A_word_without_quotes_matches_only_itself_and_a_tag_only_in_a_list(string ifNoneMatch, string? etag, bool matches) =>
        Assert.Equal(matches, EntityTags.AnyMatchesWeakly(ifNoneMatch, etag));

    [Fact]
    public void A_word_without_quotes_matches_only_where_it_is_alone()
    {
        Assert.False(EntityTags.AnyMatchesWeakly(new StringValues(["a", "a"]), "a"));
        Assert.False(EntityTags.AnyMatchesWeakly(StringValues.Empty, "a"));
        Assert.False(EntityTags.AnyMatchesWeakly(StringValues.Empty, null));
        Assert.False(EntityTags.AnyMatchesWeakly(new StringValues([null]), "a"));
    }

    [Fact]
    public void What_is_strongly_equal_is_weakly_equal_and_matches() =>
        Gen.Select(Gen.String[Gen.Char["W/\"ab "], 0, 5], Gen.String[Gen.Char["W/\"ab "], 0, 5]).Sample((a, b) =>
            !EntityTags.StronglyEqual(a, b) || (a == b && EntityTags.WeaklyEqual(a, b) && EntityTags.AnyMatchesWeakly(a, b)));

    [Fact]
    public void Weak_marks_make_weak_comparison_no_different() =>
        Gen.Select(Gen.String[Gen.Char["ab,"], 0, 2], Gen.String[Gen.Char["ab,"], 0, 2]).Sample((a, b) =>
            EntityTags.WeaklyEqual($"W/\"{a}\"", $"\"{b}\"") == (a == b)
            && EntityTags.StronglyEqual($"\"{a}\"", $"\"{b}\"") == (a == b)
            && !EntityTags.StronglyEqual($"W/\"{a}\"", $"\"{b}\""));
}
