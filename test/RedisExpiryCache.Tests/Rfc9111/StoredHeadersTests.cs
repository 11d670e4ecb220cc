using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3.1</summary>
public class StoredHeadersTests
{
    private static bool MayStore(string name, StringValues connection) => StoredHeaders.MayStore(name, connection, CacheControl.None, Some.Rules());

    [Theory]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Transfer-Encoding")]
    [InlineData("transfer-encoding")]
    [InlineData("Upgrade")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authentication-Info")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Set-Cookie")]
    [InlineData("SET-COOKIE")]
    [InlineData("Age")]
    [InlineData("Content-Length")]
    public void Not_stored(string name) => Assert.False(MayStore(name, StringValues.Empty));

    [Theory]
    [InlineData("Content-Type")]
    [InlineData("Content-Encoding")]
    [InlineData("Content-Security-Policy")]
    [InlineData("Cache-Control")]
    [InlineData("Date")]
    [InlineData("ETag")]
    [InlineData("Last-Modified")]
    [InlineData("Vary")]
    [InlineData("Set-Cookie2")]
    [InlineData("X-Age")]
    [InlineData("X-Unknown")]
    public void Stored(string name) => Assert.True(MayStore(name, "close, X-Hop"));

    [Theory]
    [InlineData("Content-Digest", true)]
    [InlineData("content-digest", true)]
    [InlineData("Content-MD5", true)]
    [InlineData("CONTENT-MD5", true)]
    [InlineData("Repr-Digest", false)]
    [InlineData("Digest", false)]
    [InlineData("ETag", false)]
    [InlineData("Content-Type", false)]
    public void A_checksum_is_of_the_bytes_that_came_with_it(string name, bool isOfTheseBytes)
    {
        Assert.Equal(isOfTheseBytes, StoredHeaders.IsOfTheseBytes(name));
        Assert.True(MayStore(name, StringValues.Empty));
    }

    [Theory]
    [InlineData("X-Hop")]
    [InlineData("close, x-hop")]
    [InlineData(" ,X-Hop ,close")]
    public void What_Connection_lists_is_not_stored(string connection) => Assert.False(MayStore("X-Hop", connection));

    [Fact]
    public void All_lines_of_Connection_count() =>
        Assert.False(MayStore("X-Hop", new StringValues(["close", null, "X-Hop"])));

    [Theory]
    [InlineData("X-Hopper")]
    [InlineData("An-X-Hop")]
    [InlineData("X Hop")]
    public void What_Connection_lists_is_matched_whole(string connection) => Assert.True(MayStore("X-Hop", connection));
}
