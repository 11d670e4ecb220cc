using CsCheck;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

/// <summary>RFC 9111 4.3.1: the variants of a URL that the app can be asked about.</summary>
public class VariantIndexTests
{
    private const string Generation = "0123456789abcdef";

    private static readonly string[] Names = ["accept", "x-tenant"];

    private static readonly VariantIndex Empty = new(Generation);

    private static readonly string Resource = new('r', 27);

    private static string Digest(int number) => number.ToString("D27", null);

    private static UrlVariant Variant(int number, string etag) => new(Digest(number), Resource, etag);

    [Fact]
    public void A_variant_is_a_line_behind_the_names()
    {
        var record = Empty.With(Names, Variant(1, "\"a\""));

        Assert.Equal($"{Generation}|accept,x-tenant\n{Digest(1)}{Resource}\"a\"", record.Value);
        Assert.Equal([Variant(1, "\"a\"")], record.Variants);
        Assert.Equal(Names, record.Names);
        Assert.Empty(Empty.Variants);
    }

    [Fact]
    public void Retired_generations_stay_when_a_variant_is_stored()
    {
        var record = new VariantIndex($"{Generation}~abcdefghijklmnop|accept").With(Names, Variant(1, "\"a\""));

        Assert.Equal(["abcdefghijklmnop"], record.StaleGenerations);
        Assert.Equal($"{Generation}~abcdefghijklmnop|accept,x-tenant\n{Digest(1)}{Resource}\"a\"", record.Value);
        Assert.False(new VariantIndex($"{Generation}~abcdefghijklmnop").HasResponses);
    }

    [Fact]
    public void The_variant_that_was_stored_last_comes_first()
    {
        var record = Empty.With(Names, Variant(1, "\"a\"")).With(Names, Variant(2, "\"b\"")).With(Names, Variant(3, "\"a\""));

        Assert.Equal([Variant(3, "\"a\""), Variant(2, "\"b\""), Variant(1, "\"a\"")], record.Variants);
    }

    [Fact]
    public void A_variant_that_is_stored_again_takes_its_own_place()
    {
        var record = Empty.With(Names, Variant(1, "\"a\"")).With(Names, Variant(2, "\"b\"")).With(Names, Variant(1, "\"c\""));

        Assert.Equal([Variant(1, "\"c\""), Variant(2, "\"b\"")], record.Variants);
    }

    [Fact]
    public void The_eight_variants_that_were_stored_last_are_known()
    {
        var record = Enumerable.Range(1, 8).Aggregate(Empty, static (all, number) => all.With(Names, Variant(number, "\"a\"")));
        Assert.Equal(Enumerable.Range(1, 8).Reverse().Select(Digest), record.Variants.Select(static variant => variant.Digest));

        record = record.With(Names, Variant(9, "\"a\""));
        Assert.Equal(Enumerable.Range(2, 8).Reverse().Select(Digest), record.Variants.Select(static variant => variant.Digest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"a\nb\"")]
    [InlineData("\n")]
    [InlineData("\"é€\"")]
    [InlineData("\"a\rb\"")]
    public void A_variant_that_cannot_be_asked_about_is_left_out_and_its_older_tag_too(string etag)
    {
        var record = Empty.With(Names, Variant(1, "\"a\"")).With(Names, Variant(2, "\"b\"")).With(Names, Variant(1, etag));

        Assert.Equal([Variant(2, "\"b\"")], record.Variants);
        Assert.Equal(Names, record.Names);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_tag_has_its_limit(int length, bool known) =>
        Assert.Equal(known ? [Variant(1, new string('a', length))] : [], Empty.With(Names, Variant(1, new string('a', length))).Variants);

    [Theory]
    [InlineData("W/\"a\"")]
    [InlineData("\"a,b|c\"")]
    [InlineData("a")]
    public void Any_other_tag_comes_back_as_it_was(string etag) =>
        Assert.Equal([Variant(1, etag)], new VariantIndex(Empty.With(Names, Variant(1, etag)).Value).Variants);

    [Fact]
    public void Where_responses_do_not_differ_there_are_no_variants()
    {
        var record = Empty.With([], Variant(1, "\"a\"")).With([], Variant(2, "\"b\""));

        Assert.Empty(record.Variants);
        Assert.True(record.HasResponses);
        Assert.Equal($"{Generation}|", record.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_size_of_a_large_body_comes_back_with_names_and_variants(int names)
    {
        var record = new VariantIndex(Empty.With(Names[..Math.Min(names, Names.Length)], Variant(1, "\"a\""), bodySize: 300_000).Value);

        Assert.Equal(300_000, record.LargestBody);
        Assert.Equal(Names[..Math.Min(names, Names.Length)], record.Names);
        Assert.Equal(0, record.With([], Variant(1, "\"a\""), bodySize: 10).LargestBody);
    }

    [Theory]
    [InlineData("|=;accept")]
    [InlineData("|=12")]
    [InlineData("|=x;accept")]
    public void A_size_that_is_no_number_is_none(string note) => Assert.Equal(0, new VariantIndex(Generation + note).LargestBody);

    [Fact]
    public void Lines_without_a_tag_are_no_variants()
    {
        var record = new VariantIndex($"{Generation}|accept\n{Digest(1)}\n\nshort\n{Digest(3)}\"a\"\n{Digest(4)}{Resource}\n{Digest(2)}{Resource}x");

        Assert.Equal([Variant(2, "x")], record.Variants);
        Assert.Equal(["accept"], record.Names);
    }

    [Fact]
    public void Each_variant_keeps_the_resource_it_is_of()
    {
        var other = new UrlVariant(Digest(2), new string('s', 27), "\"a\"");
        var record = Empty.With(Names, Variant(1, "\"a\"")).With(Names, other);

        Assert.Equal([other, Variant(1, "\"a\"")], new VariantIndex(record.Value).Variants);
        Assert.Equal([other with { Resource = Resource }], Empty.With(Names, other).With(Names, other with { Resource = Resource }).Variants);
    }

    [Fact]
    public void What_was_stored_last_is_known_whatever_came_before()
    {
        var tags = Gen.OneOf(Gen.String[Gen.Char["ab\"W/|, \n"], 0, 6], Gen.Int[99, 102].Select(static length => new string('x', length)));

        Gen.Select(Gen.Int[0, 11], tags).Array[0, 40].Sample(stored =>
        {
            var record = Empty;
            var expected = new List<UrlVariant>();
            foreach (var (number, etag) in stored)
            {
                record = record.With(Names, Variant(number, etag));
                expected.RemoveAll(variant => variant.Digest == Digest(number));
                if (etag.Length > 0 && !etag.Contains('\n') && etag.Length <= 100)
                    expected.Insert(0, Variant(number, etag));
                if (expected.Count > 8)
                    expected.RemoveAt(8);
            }

            var read = new VariantIndex(record.Value);
            return record.Variants.SequenceEqual(expected) && read.Variants.SequenceEqual(expected) && read.Value == record.Value
                && read.Generation == Generation && (stored.Length == 0 || read.Names.SequenceEqual(Names));
        });
    }
}
