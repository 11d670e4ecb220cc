using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.1: when two values of a selecting field are the same</summary>
public class NormalizeTests
{
    private static string? Normalize(string name, StringValues value) => Variants.Normalize(name, value, ignoreOrder: true);

    private static readonly Gen<string> Names = Gen.OneOf("foo", "user-agent", "if-match", "accept", "accept-language");

    [Theory]
    [InlineData("", "")]
    [InlineData("  ", "")]
    [InlineData(" \tgzip\t ", "gzip")]
    [InlineData("gzip, br", "gzip,br")]
    [InlineData("gzip  ,\tbr", "gzip,br")]
    [InlineData("br, gzip", "br,gzip")]
    [InlineData("GZIP", "GZIP")]
    [InlineData("a=\"x,  y\", b", "a=\"x,  y\",b")]
    [InlineData("a,,b", "a,,b")]
    [InlineData("a  b", "a  b")]
    [InlineData("b;q=1.0, a;q=0.50", "b;q=1.0,a;q=0.50")]
    public void Of_an_unknown_field_only_whitespace_around_members_is_normalized(string value, string normal)
    {
        Assert.Equal(normal, Normalize("foo", value));
        Assert.Equal(normal, Normalize("accept-foo", value));
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("user-agent")]
    [InlineData("accept")]
    [InlineData("accept-language")]
    public void A_missing_field_is_not_an_empty_one(string name)
    {
        Assert.Null(Normalize(name, StringValues.Empty));
        Assert.Null(Normalize(name, default(string)));
        Assert.Equal("", Normalize(name, ""));
        Assert.Equal("", Normalize(name, new StringValues([null])));
    }

    [Theory]
    [InlineData("foo", "gzip,br,zstd")]
    [InlineData("accept-encoding", "br,gzip,zstd")]
    [InlineData("user-agent", "gzip, br ,zstd")]
    public void Lines_are_combined(string name, string normal) =>
        Assert.Equal(normal, Normalize(name, new StringValues([" gzip", "br ,zstd\t"])));

    [Theory]
    [InlineData("User-Agent")]
    [InlineData("user-agent")]
    [InlineData("cookie")]
    [InlineData("authorization")]
    [InlineData("referer")]
    [InlineData("origin")]
    [InlineData("host")]
    [InlineData("from")]
    [InlineData("if-modified-since")]
    [InlineData("If-Unmodified-Since")]
    [InlineData("if-range")]
    [InlineData("if-none-match")]
    public void What_is_no_list_is_not_changed_inside(string name)
    {
        Assert.Equal("a ,  b;q=1.0,c", Normalize(name, "\t a ,  b;q=1.0,c \t"));
        Assert.Equal("a , b, c,d", Normalize(name, new StringValues([" a , b ", "c,d"])));
    }

    [Theory]
    [InlineData("hostess")]
    [InlineData("iffy")]
    [InlineData("x-if-a")]
    [InlineData("cookies")]
    public void A_field_with_a_similar_name_is_an_unknown_one(string name) => Assert.Equal("a,b", Normalize(name, "a , b"));

    [Fact]
    public void Normalizing_again_changes_nothing() =>
        Gen.Select(Names, Gen.String[Gen.Char["abq01.=/;\"\\, \t"], 0, 30].Array[1, 3]).Sample((name, lines) =>
        {
            var once = Normalize(name, lines);
            var twice = Normalize(name, once);
            return Normalize(name, twice) == twice;
        });

    [Fact]
    public void Normalizing_an_unknown_field_only_takes_whitespace_away() =>
        Gen.String[Gen.Char["ab=\"\\, \t"], 0, 30].Sample(line =>
            WithoutWhitespace(Normalize("foo", line)!) == WithoutWhitespace(line));

    private static string WithoutWhitespace(string text) => text.Replace(" ", "").Replace("\t", "");
}
