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

    [Fact]
    public void Reading_anything_never_fails() =>
        Gen.String.Array[0, 4].Sample(lines => Variants.TryParse(lines, out var names) || names.Length == 0);
}
