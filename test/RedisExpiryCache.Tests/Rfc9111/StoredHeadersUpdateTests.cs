using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3.1 and 3.2: fields that are withheld from the store, and how those of a 304 take the place of stored ones.</summary>
public class StoredHeadersUpdateTests
{
    private static readonly string[] DescribeTheBytes = ["Content-Digest", "Content-Encoding", "Content-Length", "Content-MD5", "Content-Range", "ETag"];

    private static KeyValuePair<string, StringValues>[] Fields(params string[] lines) =>
        [.. lines.Select(static line => line.Split('=', 2)).Select(static pair => new KeyValuePair<string, StringValues>(pair[0], pair[1]))];

    [Theory]
    [InlineData("no-cache=\"X-A\"", "X-A", false)]
    [InlineData("private=\"X-A\"", "X-A", false)]
    [InlineData("private=\"x-a\"", "X-A", false)]
    [InlineData("no-cache=\"X-B, X-A\"", "X-A", false)]
    [InlineData("private=\"X-B\", no-cache=\"X-A\"", "X-B", false)]
    [InlineData("private=\"X-A\"", "X-AA", true)]
    [InlineData("private=\"X-A\"", "X-", true)]
    [InlineData("max-age=60", "X-A", true)]
    [InlineData("x=\"X-A\"", "X-A", true)]
    public void What_the_response_names_is_withheld(string cacheControl, string name, bool stored) =>
        Assert.Equal(stored, StoredHeaders.MayStore(name, StringValues.Empty, CacheControl.Parse(cacheControl), Some.Rules()));

    [Theory]
    [InlineData("Set-Cookie", "max-age=60", true)]
    [InlineData("set-cookie", "max-age=60", true)]
    [InlineData("Set-Cookie", "private=\"Set-Cookie\"", false)]
    [InlineData("Connection", "max-age=60", false)]
    [InlineData("Age", "max-age=60", false)]
    public void A_cookie_is_stored_where_the_rules_say_so_and_nothing_else_that_is_not(string name, string cacheControl, bool stored)
    {
        var directives = CacheControl.Parse(cacheControl);

        Assert.Equal(stored, StoredHeaders.MayStore(name, StringValues.Empty, directives, new CachingRules { StoreSetCookie = true }));
        Assert.False(StoredHeaders.MayStore(name, StringValues.Empty, directives, Some.Rules()));
    }

    [Fact]
    public void A_cookie_that_Connection_lists_is_not_stored_either() =>
        Assert.False(StoredHeaders.MayStore("Set-Cookie", "set-cookie", CacheControl.None, new CachingRules { StoreSetCookie = true }));

    [Theory]
    [InlineData("Cache-Control", true)]
    [InlineData("Content-Type", true)]
    [InlineData("Content-Language", true)]
    [InlineData("Date", true)]
    [InlineData("Last-Modified", true)]
    [InlineData("Set-Cookie", true)]
    [InlineData("X-ETag", true)]
    [InlineData("Content-Encoding", false)]
    [InlineData("Content-Length", false)]
    [InlineData("content-length", false)]
    [InlineData("Content-MD5", false)]
    [InlineData("Content-Digest", false)]
    [InlineData("content-digest", false)]
    [InlineData("Repr-Digest", true)]
    [InlineData("Content-Range", false)]
    [InlineData("ETag", false)]
    [InlineData("etag", false)]
    [InlineData("Age", false)]
    [InlineData("Connection", false)]
    [InlineData("Keep-Alive", false)]
    [InlineData("Transfer-Encoding", false)]
    [InlineData("X-Hop", false)]
    [InlineData("x-hop", false)]
    public void The_client_sees_of_a_304_what_neither_describes_bytes_nor_belongs_to_the_connection(string name, bool seen) =>
        Assert.Equal(seen, StoredHeaders.MayUpdate(name, "close, X-Hop"));

    [Fact]
    public void A_304_replaces_keeps_and_adds()
    {
        var updated = StoredHeaders.Update(Fields("X-Kept=1", "X-Replaced=1", "Date=old"), Fields("Date=new", "x-replaced=2", "X-Added=2"));

        Assert.Equal(
            Fields("Date=new", "X-Added=2", "X-Kept=1", "x-replaced=2"), updated.OrderBy(static field => field.Key, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void All_lines_of_a_field_are_replaced_by_all_lines_of_the_other()
    {
        var updated = StoredHeaders.Update([new("X-A", new StringValues(["1", "2"]))], [new("X-A", new StringValues(["3", "4", "5"]))]);

        Assert.Equal([new("X-A", new StringValues(["3", "4", "5"]))], updated);
    }

    [Fact]
    public void What_describes_the_stored_bytes_stays()
    {
        var stored = Fields([.. DescribeTheBytes.Select(static name => $"{name}=old")]);

        Assert.Equal(stored, StoredHeaders.Update(stored, Fields([.. DescribeTheBytes.Select(static name => $"{name.ToLowerInvariant()}=new")])));
        Assert.Empty(StoredHeaders.Update([], Fields([.. DescribeTheBytes.Select(static name => $"{name}=new")])));
    }

    [Fact]
    public void Nothing_new_changes_nothing()
    {
        var stored = Fields("B=1", "A=2");

        Assert.Equal(stored, StoredHeaders.Update(stored, []));
    }
}
