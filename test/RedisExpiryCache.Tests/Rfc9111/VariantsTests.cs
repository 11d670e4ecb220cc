using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.1</summary>
public class VariantsTests
{
    [Fact]
    public void No_Vary_names_nothing()
    {
        Assert.True(Variants.TryParse(StringValues.Empty, out var names));
        Assert.Empty(names);
    }

    [Fact]
    public void Names_are_lower_case_each_once_and_in_order()
    {
        Assert.True(Variants.TryParse(new StringValues(["User-Agent,  ACCEPT", "", "accept,,Accept-Encoding"]), out var names));
        Assert.Equal(["accept", "accept-encoding", "user-agent"], names);
    }

    [Theory]
    [InlineData("*")]
    [InlineData(" * ")]
    [InlineData("Accept, *")]
    [InlineData("*, Accept")]
    [InlineData("Accept Encoding")]
    [InlineData("\"Accept, Foo\"")]
    [InlineData("Accept; q=1")]
    [InlineData("Äccept")]
    public void What_cannot_be_matched_is_refused(string vary)
    {
        Assert.False(Variants.TryParse(vary, out var names));
        Assert.Empty(names);
    }

    [Fact]
    public void A_star_in_a_later_line_is_refused() => Assert.False(Variants.TryParse(new StringValues(["Accept", "*"]), out _));

    [Fact]
    public void A_star_within_a_name_is_a_name() => Assert.True(Variants.TryParse("X*Y", out _));

    [Fact]
    public void A_union_is_in_order_with_each_name_once() =>
        Assert.Equal(["a", "b", "c"], Variants.Union(["b", "c"], ["a", "b"]));

    [Fact]
    public void A_union_with_nothing_new_is_the_same_array()
    {
        string[] names = ["a", "b"];

        Assert.Same(names, Variants.Union(names, ["b"]));
        Assert.Same(names, Variants.Union(names, []));
    }

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
    public void Only_whitespace_around_members_is_normalized(string value, string normal) =>
        Assert.Equal(normal, Variants.Normalize(value));

    [Fact]
    public void A_missing_field_is_not_an_empty_one()
    {
        Assert.Null(Variants.Normalize(StringValues.Empty));
        Assert.Null(Variants.Normalize(default(string)));
        Assert.Equal("", Variants.Normalize(""));
    }

    [Fact]
    public void Lines_are_combined() =>
        Assert.Equal(Variants.Normalize("gzip, br, zstd"), Variants.Normalize(new StringValues(["gzip", "br ,zstd"])));

    [Fact]
    public void Normalizing_again_changes_nothing() =>
        Gen.String[Gen.Char["ab=\"\\, \t"], 0, 30].Array[1, 3].Sample(lines =>
        {
            var once = Variants.Normalize(lines);
            return Variants.Normalize(Variants.Normalize(once)) == Variants.Normalize(once);
        });

    [Fact]
    public void Normalizing_only_takes_whitespace_away() =>
        Gen.String[Gen.Char["ab=\"\\, \t"], 0, 30].Sample(line =>
            WithoutWhitespace(Variants.Normalize(line)!) == WithoutWhitespace(line));

    [Fact]
    public void Reading_anything_never_fails() =>
        Gen.String.Array[0, 4].Sample(lines =>
            (Variants.TryParse(lines, out var names) || names.Length == 0) && Variants.Normalize(lines) is null == (lines.Length == 0));

    private static string WithoutWhitespace(string text) => text.Replace(" ", "").Replace("\t", "");
}
