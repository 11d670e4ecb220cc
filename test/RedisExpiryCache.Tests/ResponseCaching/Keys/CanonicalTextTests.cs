using System.Globalization;
using CsCheck;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.Tests.ResponseCaching.Keys;

/// <summary>Which spellings of a tag or path are one.</summary>
public class CanonicalTextTests
{
    private const string Id = "0f8fad5b-d9cb-469f-a165-70867728950e";

    private static readonly Gen<int> Numbers = Gen.Int[-1_200, 1_200];

    [Theory]
    [InlineData("", "")]
    [InlineData("/Products/Top", "/products/top")]
    [InlineData("product:007", "product:7")]
    [InlineData("product: +7 ", "product:7")]
    [InlineData("product-007", "product-7")]
    [InlineData("p007x", "p7x")]
    [InlineData("a:-0", "a:0")]
    [InlineData("a:-07.50", "a:-7.5")]
    [InlineData("a:1,000.00", "a:1000")]
    [InlineData("a:.50", "a:0.5")]
    [InlineData("v1.20.300", "v1.2.300")]
    [InlineData("10.0.0.1", "10.0.1")]
    [InlineData("a:000", "a:0")]
    [InlineData("a:,,+-.", "a:,,+-.")]
    [InlineData("day:2026-03-01T00:00:00.000", "day:2026-3-1")]
    [InlineData("day:2026-03-01T10:00:00", "day:2026-3-1t10:0:0")]
    [InlineData($"a:{{{Id}}}", $"a:{Id}")]
    [InlineData($"a:({Id})/x", $"a:{Id}/x")]
    [InlineData("a:0F8FAD5BD9CB469FA16570867728950E", $"a:{Id}")]
    [InlineData("\u03a3\u03c2\u03c3", "\u03c3\u03c3\u03c3")]
    public void A_text_has_one_form(string text, string canonical) => Assert.Equal(canonical, CanonicalText.Canonical(text));

    [Fact]
    public void Numbers_have_one_form_exactly_if_they_are_equal() => Gen.Select(Numbers, Numbers, Gen.Int[1, 4]).Sample(
        static (one, other, digits) =>
            Assert.Equal(one == other, Tag(one.ToString($"D{digits}", Invariant)) == Tag(other.ToString("N2", Invariant))));

    [Fact]
    public void Guids_have_one_form_exactly_if_they_are_equal() => Gen.Select(Gen.Guid, Gen.Guid).Sample(static (one, other) =>
    {
        string[] spellings = ["N", "D", "B", "P"];
        Assert.Single(spellings.Select(format => Tag(one.ToString(format).ToUpperInvariant())).Distinct());
        Assert.Equal(one == other, Tag(one.ToString("N")) == Tag(other.ToString("P")));
    });

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private static string Tag(string value) => CanonicalText.Canonical($"product:{value}");
}
