using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

/// <summary>RFC 9111 4.3.1: the app sees this cache's conditions, everybody else the client's.</summary>
public class ConditionalHeadersScopeTests
{
    private const string Today = "Sun, 01 Mar 2026 12:00:00 GMT", Yesterday = "Sat, 28 Feb 2026 12:00:00 GMT";

    [Theory]
    [InlineData(null, "", null, null, null)]
    [InlineData("\"a\"", "", null, "\"a\"", null)]
    [InlineData("\"a\"", "W/\"b\"", Yesterday, "\"a\", W/\"b\"", Yesterday)]
    [InlineData(null, "\"b\" \"c\"", null, "\"b\", \"c\"", null)]
    [InlineData(null, "", Yesterday, null, Yesterday)]
    public void They_are_put_on_for_as_long_as_the_app_looks(string? own, string others, string? lastModified, string? ifNoneMatch, string? ifModifiedSince)
    {
        IHeaderDictionary headers = new HeaderDictionary { ["X-Other"] = "1" };
        using (new ConditionalHeadersScope(headers, new Conditions(own, others.Split(' ', StringSplitOptions.RemoveEmptyEntries), lastModified)))
        {
            Assert.Equal((ifNoneMatch, ifModifiedSince), ((string?)headers.IfNoneMatch, (string?)headers.IfModifiedSince));
            Assert.Equal("1", headers["X-Other"]);
        }

        Assert.Equal(["X-Other"], headers.Keys);
    }

    [Fact]
    public void The_clients_own_come_back()
    {
        IHeaderDictionary headers = OfClient();
        using (new ConditionalHeadersScope(headers, new Conditions("\"a\"", [], null)))
        {
            Assert.Equal("\"a\"", headers.IfNoneMatch);
            Assert.Equal(0, headers.IfModifiedSince.Count);
        }

        AssertOfClient(headers);
    }

    [Fact]
    public void Without_any_the_clients_own_stay()
    {
        IHeaderDictionary headers = OfClient();
        using (new ConditionalHeadersScope(headers, Conditions.None))
            AssertOfClient(headers);

        AssertOfClient(headers);
    }

    private static HeaderDictionary OfClient() =>
        new HeaderDictionary { ["If-None-Match"] = new(["\"x\"", "\"y\""]), ["If-Modified-Since"] = Today };

    private static void AssertOfClient(IHeaderDictionary headers)
    {
        Assert.Equal(new StringValues(["\"x\"", "\"y\""]), headers.IfNoneMatch);
        Assert.Equal(Today, headers.IfModifiedSince);
    }
}
