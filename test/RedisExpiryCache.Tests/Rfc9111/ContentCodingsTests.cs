using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9110 8.4 and 12.5.3.</summary>
public class ContentCodingsTests
{
    private static readonly string[] Offered = ["br", "gzip"];

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("identity", null)]
    [InlineData("br", "br")]
    [InlineData("BR", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("X-GZIP", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("br;q=0.4, gzip;q=0.5", "gzip")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("br;q=0.000, gzip", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0", null)]
    [InlineData("*;q=0, gzip", "gzip")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("gzip;q=0.2, identity", null)]
    [InlineData("gzip;q=0.2, identity;q=0.2", "gzip")]
    [InlineData("gzip;q=0.2, identity;q=0.1", "gzip")]
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("identity;q=0", null)]
    [InlineData("gzip;q=0.001", "gzip")]
    [InlineData("gzip;q=2", null)]
    [InlineData("gzip;q=x, br;q=-1", null)]
    [InlineData("gzip, gzip;q=0", null)]
    [InlineData("brr, xgzip", null)]
    [InlineData(",, ,br ;q=1", "br")]
    public void The_client_gets_what_it_likes_best_of_what_is_offered(string? acceptEncoding, string? coding) =>
        Assert.Equal(coding, ContentCodings.Choose(acceptEncoding is null ? default : new StringValues(acceptEncoding), Offered));

    [Fact]
    public void Several_lines_are_one_list_and_the_order_of_what_is_offered_decides_among_equals()
    {
        Assert.Equal("br", ContentCodings.Choose(new StringValues(["gzip;q=0.5", "br"]), Offered));
        Assert.Equal("gzip", ContentCodings.Choose("br, gzip", ["gzip", "br"]));
        Assert.Null(ContentCodings.Choose("br", []));
    }

    [Fact]
    public void Nobody_gets_what_they_exclude_or_never_named() => Gen.Select(
        Gen.OneOf("br", "gzip", "identity", "*", "zstd", "x-gzip").Array[0, 4], Gen.OneOf("", ";q=0", ";q=0.5", ";q=1").Array[4]).Sample((names, weights) =>
    {
        var coding = ContentCodings.Choose(string.Join(", ", names.Zip(weights, static (name, weight) => name + weight)), Offered);
        string[] excluded = [.. names.Zip(weights).Where(static one => one.Second == ";q=0").Select(static one => one.First)];
        Assert.True(coding is null || names.Contains(coding) || names.Contains("*") || (coding == "gzip" && names.Contains("x-gzip")));
        Assert.True(coding is null || !excluded.Contains(coding));
    });

    [Theory]
    [InlineData("\"abc\"", "\"abc-br\"")]
    [InlineData("W/\"abc\"", "W/\"abc-br\"")]
    [InlineData("\"\"", "\"-br\"")]
    [InlineData("abc", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_coding_has_a_tag_of_its_own_that_tells_the_plain_one(string? plain, string? coded)
    {
        Assert.Equal(coded, ContentCodings.TagOf(plain, "br"));
        if (coded is not null)
            Assert.Equal((plain, null), (ContentCodings.PlainTagOf(coded, "br"), ContentCodings.PlainTagOf(coded, "gzip")));
    }

    [Theory]
    [InlineData("\"a-br\"", "br", "\"a-br\", \"a\"")]
    [InlineData("\"x\", W/\"a-gzip\"", "*", "\"x\", W/\"a-gzip\", W/\"a\"")]
    [InlineData("\"a-br\"", "gzip", "\"a-br\"")]
    [InlineData("\"a-br\"", "br;q=0, *", "\"a-br\"")]
    [InlineData("\"a\"", "br", "\"a\"")]
    [InlineData("*", "br", "*")]
    [InlineData("a-br", "br", "a-br")]
    [InlineData("\"a,b-br\"", "br", "\"a,b-br\", \"a,b\"")]
    public void The_origin_is_told_its_own_tags_beside_those_of_codings_that_are_accepted(string tags, string acceptEncoding, string told) =>
        Assert.Equal(told, ContentCodings.WithPlainTags(tags, acceptEncoding, Offered).ToString());

    [Theory]
    [InlineData("\"a-br\"", "\"a\"", "\"a-br\"")]
    [InlineData("\"a-br\", \"a\"", "\"a\"", "\"a\"")]
    [InlineData("W/\"a-gzip\"", "\"a\"", "\"a-gzip\"")]
    [InlineData("\"b-br\"", "\"a\"", "\"a\"")]
    [InlineData("\"a-br\"", null, null)]
    public void A_client_is_told_the_tag_that_it_named(string tags, string? etag, string? told) => Assert.Equal(told, ContentCodings.TagNamed(tags, etag, Offered));

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("identity", false)]
    [InlineData("gzip", true)]
    [InlineData("identity, x-own", true)]
    public void What_has_a_content_coding_is_coded(string? contentEncoding, bool isCoded) => Assert.Equal(isCoded, ContentCodings.IsCoded(contentEncoding));

    [Fact]
    public void Coded_bodies_are_told_apart_by_Accept_Encoding_and_plain_ones_only_where_the_origin_sees_it()
    {
        string[] without = ["accept", "cookie"], with = ["accept", "accept-encoding", "cookie"];
        Assert.Equal(with, ContentCodings.SelectingNames(without, isCoded: true, isAskedPlain: false));
        Assert.Equal(with, ContentCodings.SelectingNames(without, isCoded: true, isAskedPlain: true));
        Assert.Equal(with, ContentCodings.SelectingNames(with, isCoded: false, isAskedPlain: false));
        Assert.Equal(without, ContentCodings.SelectingNames(with, isCoded: false, isAskedPlain: true));
        Assert.Same(without, ContentCodings.SelectingNames(without, isCoded: false, isAskedPlain: true));
    }

    [Fact]
    public void Only_a_whole_plain_success_that_nobody_forbids_to_transform_may_be_coded()
    {
        Assert.True(ContentCodings.MayCode(200, default, default, "max-age=1", hasSetCookie: false, "\"a\""));
        Assert.False(ContentCodings.MayCode(404, default, default, default, hasSetCookie: false, "\"a\""));
        Assert.False(ContentCodings.MayCode(200, "identity", default, default, hasSetCookie: false, "\"a\""));
        Assert.False(ContentCodings.MayCode(200, default, "bytes 0-1/2", default, hasSetCookie: false, "\"a\""));
        Assert.False(ContentCodings.MayCode(200, default, default, new StringValues(["public", "x, NO-TRANSFORM"]), hasSetCookie: false, "\"a\""));
        Assert.False(ContentCodings.MayCode(200, default, default, default, hasSetCookie: true, "\"a\""));
        Assert.False(ContentCodings.MayCode(200, default, default, default, hasSetCookie: false, "a"));
        Assert.False(ContentCodings.MayCode(200, default, default, default, hasSetCookie: false, etag: null));
    }
}
