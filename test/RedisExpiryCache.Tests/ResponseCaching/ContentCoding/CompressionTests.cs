using System.IO.Compression;
using CsCheck;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.ContentCoding;

public class CompressionTests
{
    [Theory]
    [InlineData("text/html; charset=utf-8", true)]
    [InlineData("TEXT/X-Own", true)]
    [InlineData("application/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("application/atom+xml; type=feed", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/javascript", true)]
    [InlineData("application/wasm", true)]
    [InlineData("image/png", false)]
    [InlineData("application/jsonx", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("image/png; a=+json", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Text_and_what_is_like_it_is_worth_compressing(string? contentType, bool isCompressible) => Assert.Equal(isCompressible, Compression.IsCompressible(contentType));

    [Theory]
    [InlineData(null, "Accept-Encoding")]
    [InlineData("Cookie", "Cookie,Accept-Encoding")]
    [InlineData("accept-encoding", "accept-encoding")]
    [InlineData("*", "*")]
    public void Vary_names_Accept_Encoding_once(string? vary, string said) => Assert.Equal(said, Compression.WithVary(vary).ToString());

    [Fact]
    public void The_coded_form_has_its_own_tag_and_coding_and_no_checksum_of_the_plain_one()
    {
        var rules = new StoredResponse { ResponseTime = DateTimeOffset.UnixEpoch, Date = DateTimeOffset.UnixEpoch, ETag = "\"a\"" };
        var plain = new CachedResponse(
            [new("X-A", "1"), new("etag", "\"a\""), new("Content-MD5", "x"), new("Content-Digest", "x"), new("Repr-Digest", "x"), new("Digest", "x"), new("Content-Type", "text/plain")], rules);
        var coded = Compression.In("br", plain);

        Assert.Equal([new("X-A", "1"), new("Content-Type", "text/plain"), new("ETag", "\"a-br\""), new("Content-Encoding", "br")], coded.Fields);
        Assert.Equal(rules with { ETag = "\"a-br\"" }, coded.Rules);
    }

    [Fact]
    public void What_was_encoded_is_decoded_by_everybody() => Gen.Byte.Array[0, 3000].Sample(bytes =>
    {
        foreach (var coding in Compression.Known)
        {
            using var packed = new MemoryStream(Compression.Encode(coding, bytes).ToArray());
            using Stream decoder = coding switch
            {
                "br" => new BrotliStream(packed, CompressionMode.Decompress),
                "gzip" => new GZipStream(packed, CompressionMode.Decompress),
                _ => new ZLibStream(packed, CompressionMode.Decompress),
            };
            using var plain = new MemoryStream();
            decoder.CopyTo(plain);
            Assert.Equal(bytes, plain.ToArray());
        }
    }, iter: 50);

    [Fact]
    public void A_copy_is_one_of_the_body_that_it_was_made_from_and_of_no_other()
    {
        var fingerprint = EncodedCopyCodec.FingerprintOf(new byte[] { 1, 2, 3 });
        byte[] payload = [.. EncodedCopyCodec.EncodeHead(fingerprint).Span, 7, 8];

        Assert.True(EncodedCopyCodec.TryDecode(payload, fingerprint, out var body));
        Assert.Equal([7, 8], body.ToArray());
        Assert.False(EncodedCopyCodec.TryDecode(payload, EncodedCopyCodec.FingerprintOf(new byte[] { 1, 2, 4 }), out _));
        Assert.False(EncodedCopyCodec.TryDecode(payload.AsMemory(0, 16), fingerprint, out _));
        Assert.True(EncodedCopyCodec.TryDecode(payload.AsMemory(0, 17), fingerprint, out var note));
        Assert.True(note.IsEmpty);
        payload[0]++;
        Assert.False(EncodedCopyCodec.TryDecode(payload, fingerprint, out _));
    }

    [Fact]
    public void What_is_written_in_front_of_the_cache_about_the_body_is_not_the_apps()
    {
        IHeaderDictionary headers = new HeaderDictionary { ["Vary"] = "Cookie", ["X-A"] = "1", ["Content-Length"] = "5", ["Content-MD5"] = "x" };
        var asItLeft = new RepresentationHeaders(headers);
        (headers.ContentEncoding, headers.Vary, headers.ContentMD5, headers.ContentLength) = ("gzip", "Cookie, Accept-Encoding", default, null);
        headers["X-B"] = "2";

        var apps = asItLeft.In(headers);
        Assert.Equal(["Cookie", "1", "2", "x"], new[] { apps.Vary, apps["X-A"], apps["X-B"], apps.ContentMD5 }.Select(static value => value.ToString()));
        Assert.False(apps.ContainsKey("Content-Encoding"));
        Assert.Equal(5, asItLeft.ContentLength);
    }
}
