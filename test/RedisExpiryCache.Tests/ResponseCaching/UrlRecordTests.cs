using CsCheck;
using RedisExpiryCache.ResponseCaching;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>RFC 9111 4.3.1: the variants of a URL that the app can be asked about.</summary>
public class UrlRecordTests
{
    private const string Generation = "0123456789abcdef";

    private static readonly string[] Names = ["accept", "x-tenant"];

    private static readonly UrlRecord Empty = new(Generation);

    private static string Digest(int number) => number.ToString("D27", null);

    private static UrlVariant Variant(int number, string etag) => new(Digest(number), etag);

    [Fact]
    public void A_variant_is_a_line_behind_the_names()
    {
        var record = Empty.With(Names, Digest(1), "\"a\"");

        Assert.Equal($"{Generation}|accept,x-tenant\n{Digest(1)}\"a\"", record.Value);
        Assert.Equal([Variant(1, "\"a\"")], record.Variants);
        Assert.Equal(Names, record.Names);
        Assert.Empty(Empty.Variants);
    }

    [Fact]
    public void The_variant_that_was_stored_last_comes_first()
    {
        var record = Empty.With(Names, Digest(1), "\"a\"").With(Names, Digest(2), "\"b\"").With(Names, Digest(3), "\"a\"");

        Assert.Equal([Variant(3, "\"a\""), Variant(2, "\"b\""), Variant(1, "\"a\"")], record.Variants);
    }

    [Fact]
    public void A_variant_that_is_stored_again_takes_its_own_place()
    {
        var record = Empty.With(Names, Digest(1), "\"a\"").With(Names, Digest(2), "\"b\"").With(Names, Digest(1), "\"c\"");

        Assert.Equal([Variant(1, "\"c\""), Variant(2, "\"b\"")], record.Variants);
    }

    [Fact]
    public void The_eight_variants_that_were_stored_last_are_known()
    {
        var record = Enumerable.Range(1, 8).Aggregate(Empty, static (all, number) => all.With(Names, Digest(number), "\"a\""));
        Assert.Equal(Enumerable.Range(1, 8).Reverse().Select(Digest), record.Variants.Select(static variant => variant.Digest));

        record = record.With(Names, Digest(9), "\"a\"");
        Assert.Equal(Enumerable.Range(2, 8).Reverse().Select(Digest), record.Variants.Select(static variant => variant.Digest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\"a\nb\"")]
    [InlineData("\n")]
    public void A_variant_that_cannot_be_asked_about_is_left_out_and_its_older_tag_too(string? etag)
    {
        var record = Empty.With(Names, Digest(1), "\"a\"").With(Names, Digest(2), "\"b\"").With(Names, Digest(1), etag);

        Assert.Equal([Variant(2, "\"b\"")], record.Variants);
        Assert.Equal(Names, record.Names);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_tag_has_its_limit(int length, bool known) =>
        Assert.Equal(known ? [Variant(1, new string('a', length))] : [], Empty.With(Names, Digest(1), new string('a', length)).Variants);

    [Theory]
    [InlineData("W/\"a\"")]
    [InlineData("\"a,b|c\"")]
    [InlineData("a")]
    [InlineData("\"é€\"")]
    public void Any_other_tag_comes_back_as_it_was(string etag) =>
        Assert.Equal([Variant(1, etag)], new UrlRecord(Empty.With(Names, Digest(1), etag).Value).Variants);

    [Fact]
    public void Where_responses_do_not_differ_there_are_no_variants()
    {
        var record = Empty.With([], Digest(1), "\"a\"").With([], Digest(2), "\"b\"");

        Assert.Empty(record.Variants);
        Assert.True(record.HasResponses);
        Assert.Equal($"{Generation}|", record.Value);
    }

    [Fact]
    public void Lines_without_a_tag_are_no_variants()
    {
        var record = new UrlRecord($"{Generation}|accept\n{Digest(1)}\n\nshort\n{Digest(2)}x");

        Assert.Equal([Variant(2, "x")], record.Variants);
        Assert.Equal(["accept"], record.Names);
    }

    [Fact]
    public void What_was_stored_last_is_known_whatever_came_before()
    {
        var tags = Gen.OneOf(Gen.String[Gen.Char["ab\"W/|, \n"], 0, 6], Gen.Int[99, 102].Select(static length => new string('x', length))).Null();

        Gen.Select(Gen.Int[0, 11], tags).Array[0, 40].Sample(stored =>
        {
            var record = Empty;
            var expected = new List<UrlVariant>();
            foreach (var (number, etag) in stored)
            {
                record = record.With(Names, Digest(number), etag);
                expected.RemoveAll(variant => variant.Digest == Digest(number));
                if (!string.IsNullOrEmpty(etag) && !etag.Contains('\n') && etag.Length <= 100)
                    expected.Insert(0, Variant(number, etag));
                if (expected.Count > 8)
                    expected.RemoveAt(8);
            }

            var read = new UrlRecord(record.Value);
            return record.Variants.SequenceEqual(expected) && read.Variants.SequenceEqual(expected) && read.Value == record.Value
                && read.Generation == Generation && (stored.Length == 0 || read.Names.SequenceEqual(Names));
        });
    }
}
