using System.Buffers;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

/// <summary>RFC 9111 3.3 and 3.4</summary>
public class PartialContentTests
{
    private const string Tag = "\"a\"";

    private static readonly byte[] Whole = "0123456789"u8.ToArray();

    private static readonly Gen<StoredRange> Parts = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9], static (a, b) => PartOf(Math.Min(a, b), Math.Max(a, b)));

    private static StoredRange PartOf(long first, long last) => new(new ByteRange(first, last), Whole.Length);

    private static byte[] BytesOf(StoredRange part) => Whole[(int)part.Range.First..((int)part.Range.Last + 1)];

    private static CachedResponse Response(StoredRange? part, string? etag = Tag, int status = 206) => new(
        [new("Content-Type", "text/plain"), .. part is { } known ? [new("content-range", known.ContentRange)] : Array.Empty<KeyValuePair<string, StringValues>>()],
        new StoredResponse
        {
            StatusCode = status,
            Part = part,
            ETag = etag,
            ResponseTime = DateTimeOffset.UnixEpoch,
            Date = DateTimeOffset.UnixEpoch,
        });

    private static LookupResult Found(CachedResponse stored, byte[] body) => new(new VariantIndex("0123456789abcdef"), [], "key", new FoundResponse(stored, body, default));

    private static (CachedResponse Response, string Body) Combine(LookupResult lookup, CachedResponse response, byte[] body, long limit = 100)
    {
        var (combined, bytes) = PartialContent.Combine(lookup, response, new ReadOnlySequence<byte>(body), limit);
        return (combined, Encoding.ASCII.GetString(bytes.ToArray()));
    }

    private static void AssertPart(StoredRange expected, (CachedResponse Response, string Body) actual)
    {
        Assert.Equal(206, actual.Response.StatusCode);
        Assert.Equal(expected, actual.Response.Rules.Part);
        Assert.Equal(expected.ContentRange, actual.Response["Content-Range"]);
        Assert.Equal(Encoding.ASCII.GetString(BytesOf(expected)), actual.Body);
        Assert.Equal("text/plain", actual.Response["Content-Type"]);
        Assert.Equal(2, actual.Response.Fields.Length);
    }

    private static void AssertWhole((CachedResponse Response, string Body) actual)
    {
        Assert.Equal("0123456789", actual.Body);
        Assert.Equal((200, null), (actual.Response.StatusCode, actual.Response.Rules.Part));
        Assert.Equal([new("Content-Type", "text/plain")], actual.Response.Fields);
    }

    [Fact]
    public void A_part_alone_stays_one() =>
        AssertPart(PartOf(2, 4), Combine(new LookupResult(), Response(PartOf(2, 4)), BytesOf(PartOf(2, 4))));

    [Fact]
    public void A_part_that_is_all_there_is_becomes_the_whole() => AssertWhole(Combine(new LookupResult(), Response(PartOf(0, 9)), Whole));

    [Theory]
    [InlineData(0, 4, 5, 7, 0, 7)]
    [InlineData(5, 7, 0, 4, 0, 7)]
    [InlineData(0, 4, 3, 7, 0, 7)]
    [InlineData(1, 7, 3, 4, 1, 7)]
    [InlineData(3, 4, 1, 7, 1, 7)]
    public void Parts_of_the_same_are_joined(int first, int last, int storedFirst, int storedLast, int joinedFirst, int joinedLast)
    {
        var (part, stored) = (PartOf(first, last), PartOf(storedFirst, storedLast));

        AssertPart(PartOf(joinedFirst, joinedLast), Combine(Found(Response(stored), BytesOf(stored)), Response(part), BytesOf(part)));
    }

    [Fact]
    public void Parts_that_are_all_there_is_become_the_whole() =>
        AssertWhole(Combine(Found(Response(PartOf(5, 9)), BytesOf(PartOf(5, 9))), Response(PartOf(0, 4)), BytesOf(PartOf(0, 4))));

    [Fact]
    public void A_part_is_put_into_the_whole_that_is_stored()
    {
        var older = Found(Response(null, status: 200), "0123xxx789"u8.ToArray());

        AssertWhole(Combine(older, Response(PartOf(4, 6)), BytesOf(PartOf(4, 6))));
    }

    [Theory]
    [InlineData("\"b\"", Tag)]
    [InlineData(null, Tag)]
    [InlineData(Tag, null)]
    [InlineData(null, null)]
    [InlineData("W/\"a\"", "W/\"a\"")]
    [InlineData("W/\"a\"", Tag)]
    [InlineData("a", "a")]
    public void Parts_without_the_same_strong_tag_are_not_joined(string? storedTag, string? etag)
    {
        var stored = Found(Response(PartOf(0, 4), storedTag), BytesOf(PartOf(0, 4)));

        AssertPart(PartOf(5, 7), Combine(stored, Response(PartOf(5, 7), etag), BytesOf(PartOf(5, 7))));
    }

    [Fact]
    public void A_tag_of_our_own_joins_nothing()
    {
        var stored = Response(PartOf(0, 4));
        var ours = stored with { Rules = stored.Rules with { IsETagOurs = true } };

        AssertPart(PartOf(5, 7), Combine(Found(ours, BytesOf(PartOf(0, 4))), Response(PartOf(5, 7)), BytesOf(PartOf(5, 7))));
    }

    [Fact]
    public void Parts_with_a_gap_between_them_are_not_joined() =>
        AssertPart(PartOf(5, 7), Combine(Found(Response(PartOf(0, 3)), BytesOf(PartOf(0, 3))), Response(PartOf(5, 7)), BytesOf(PartOf(5, 7))));

    [Theory]
    [InlineData(8, true)]
    [InlineData(7, false)]
    public void Parts_are_joined_up_to_the_limit(long limit, bool joined)
    {
        var stored = Found(Response(PartOf(0, 4)), BytesOf(PartOf(0, 4)));

        AssertPart(joined ? PartOf(0, 7) : PartOf(5, 7), Combine(stored, Response(PartOf(5, 7)), BytesOf(PartOf(5, 7)), limit));
    }

    [Fact]
    public void A_stored_part_that_lacks_bytes_is_not_joined()
    {
        AssertPart(PartOf(5, 7), Combine(Found(Response(PartOf(0, 4)), "0123"u8.ToArray()), Response(PartOf(5, 7)), BytesOf(PartOf(5, 7))));
        AssertPart(PartOf(5, 7), Combine(Found(Response(PartOf(0, 4)), []), Response(PartOf(5, 7)), BytesOf(PartOf(5, 7))));
        AssertPart(PartOf(5, 7), Combine(Found(Response(null, status: 200), []), Response(PartOf(5, 7)), BytesOf(PartOf(5, 7))));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(203)]
    public void Only_a_plain_200_is_a_whole_to_join_to(int status) =>
        AssertPart(PartOf(4, 6), Combine(Found(Response(null, status: status), Whole), Response(PartOf(4, 6)), BytesOf(PartOf(4, 6))));

    [Theory]
    [InlineData("4")]
    [InlineData("4567")]
    [InlineData("")]
    public void A_part_that_is_not_as_long_as_it_says_stays_as_it_came(string body)
    {
        var response = Response(PartOf(4, 6));
        var combined = Combine(Found(Response(PartOf(0, 3)), BytesOf(PartOf(0, 3))), response, Encoding.ASCII.GetBytes(body));

        Assert.Same(response, combined.Response);
        Assert.Equal(body, combined.Body);
    }

    [Fact]
    public void A_whole_response_stays_as_it_came()
    {
        var response = Response(null, status: 200);
        var combined = Combine(Found(Response(PartOf(0, 3)), BytesOf(PartOf(0, 3))), response, Whole);

        Assert.Same(response, combined.Response);
        Assert.Equal("0123456789", combined.Body);
    }

    [Theory]
    [InlineData(0, 3, false)]
    [InlineData(0, 4, true)]
    [InlineData(6, 6, true)]
    [InlineData(5, 7, false)]
    public void What_is_joined_keeps_no_checksum_of_the_bytes_that_came(int storedFirst, int storedLast, bool isJoined)
    {
        var stored = PartOf(storedFirst, storedLast);
        var part = PartOf(5, 7);
        var came = Response(part);
        came = came with { Fields = [.. came.Fields, new("content-digest", "d"), new("Content-MD5", "m"), new("Repr-Digest", "r")] };
        isJoined &= stored.Join(part) != part;

        var (combined, _) = Combine(Found(Response(stored), BytesOf(stored)), came, BytesOf(part));

        Assert.Equal(isJoined ? 0 : 1, combined["Content-Digest"].Count);
        Assert.Equal(isJoined ? 0 : 1, combined["Content-MD5"].Count);
        Assert.Equal("r", combined["Repr-Digest"]);
    }

    [Theory]
    [InlineData(200, Tag, Tag, true)]
    [InlineData(200, "W/\"a\"", Tag, true)]
    [InlineData(200, Tag, "W/\"a\"", true)]
    [InlineData(200, null, Tag, true)]
    [InlineData(200, Tag, null, true)]
    [InlineData(200, null, null, true)]
    [InlineData(200, Tag, "\"b\"", false)]
    [InlineData(203, Tag, Tag, false)]
    [InlineData(404, null, null, false)]
    public void A_part_is_less_than_a_whole_that_it_does_not_contradict(int status, string? storedTag, string? etag, bool isLess)
    {
        var found = Found(Response(null, storedTag, status), Whole);

        Assert.Equal(isLess, PartialContent.IsLessThanStored(found, Response(PartOf(2, 4), etag)));
        Assert.False(PartialContent.IsLessThanStored(found, Response(null, etag, status: 200)));
    }

    [Fact]
    public void A_part_contradicts_no_tag_of_our_own()
    {
        var stored = Response(null, status: 200);
        var found = Found(stored with { Rules = stored.Rules with { IsETagOurs = true } }, Whole);

        Assert.True(PartialContent.IsLessThanStored(found, Response(PartOf(2, 4), "\"b\"")));
    }

    [Fact]
    public void A_part_is_not_less_than_another_part_or_nothing()
    {
        Assert.False(PartialContent.IsLessThanStored(Found(Response(PartOf(0, 3)), BytesOf(PartOf(0, 3))), Response(PartOf(2, 4))));
        Assert.False(PartialContent.IsLessThanStored(new LookupResult(), Response(PartOf(2, 4))));
    }

    [Fact]
    public void Whatever_is_joined_each_byte_is_in_its_place() => Gen.Select(Parts, Parts).Sample((stored, part) =>
    {
        var (response, body) = Combine(Found(Response(stored), BytesOf(stored)), Response(part), BytesOf(part));
        var known = response.Rules.Part ?? PartOf(0, 9);
        return body == Encoding.ASCII.GetString(BytesOf(known)) && known.Range.First <= part.Range.First && known.Range.Last >= part.Range.Last;
    });
}
