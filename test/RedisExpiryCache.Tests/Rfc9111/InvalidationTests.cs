using CsCheck;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 4.4</summary>
public class InvalidationTests
{
    private static readonly Uri Target = new("https://shop.example/cart/items?page=2");

    private static string[] Targets(string? location, string? contentLocation = null) =>
        [.. Invalidation.Targets(Target, location, contentLocation).Skip(1).Select(uri => uri.AbsoluteUri)];

    [Theory]
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 204, true)]
    [InlineData("DELETE", 303, true)]
    [InlineData("PATCH", 399, true)]
    [InlineData("FROBNICATE", 200, true)]
    [InlineData("get", 200, true)]
    [InlineData("POST", 400, false)]
    [InlineData("POST", 500, false)]
    [InlineData("POST", 199, false)]
    [InlineData("GET", 200, false)]
    [InlineData("HEAD", 200, false)]
    [InlineData("OPTIONS", 200, false)]
    [InlineData("TRACE", 200, false)]
    [InlineData("QUERY", 200, false)]
    [InlineData("PROPFIND", 207, false)]
    [InlineData("REPORT", 207, false)]
    [InlineData("SEARCH", 200, false)]
    [InlineData("PRI", 200, false)]
    [InlineData("PROPPATCH", 207, true)]
    [InlineData("MKCOL", 201, true)]
    [InlineData("query", 200, true)]
    public void An_unsafe_method_that_did_not_fail_invalidates(string method, int status, bool invalidates) =>
        Assert.Equal(invalidates, Invalidation.Invalidates(method, status));

    [Fact]
    public void The_target_itself_comes_first() => Assert.Equal([Target], Invalidation.Targets(Target, null, null));

    [Theory]
    [InlineData("/cart", "https://shop.example/cart")]
    [InlineData("7", "https://shop.example/cart/7")]
    [InlineData("../new", "https://shop.example/new")]
    [InlineData("?page=3", "https://shop.example/cart/items?page=3")]
    [InlineData("https://shop.example/x", "https://shop.example/x")]
    [InlineData("https://SHOP.example:443/x", "https://shop.example/x")]
    [InlineData("//shop.example/x", "https://shop.example/x")]
    public void A_location_of_the_same_origin_counts(string location, string target)
    {
        Assert.Equal([target], Targets(location));
        Assert.Equal([target], Targets(null, location));
    }

    [Theory]
    [InlineData("http://shop.example/x")]
    [InlineData("http://shop.example:443/x")]
    [InlineData("https://shop.example:8443/x")]
    [InlineData("https://other.example/x")]
    [InlineData("https://shop.example.evil.example/x")]
    [InlineData("https://shop.example@evil.example/x")]
    [InlineData("//other.example/x")]
    [InlineData("\\\\other.example\\x")]
    [InlineData("file:///etc/hosts")]
    [InlineData("mailto:a@shop.example")]
    [InlineData("data:,x")]
    public void Another_origin_is_left_alone(string location) => Assert.Empty(Targets(location, location));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("https://")]
    [InlineData("https://[::1/x")]
    [InlineData("https://shop.example:99999/x")]
    public void What_is_no_URI_is_ignored(string? location) => Assert.Empty(Targets(location, location));

    [Fact]
    public void Both_locations_count() => Assert.Equal(["https://shop.example/a", "https://shop.example/b"], Targets("/a", "/b"));

    [Fact]
    public void Any_location_stays_within_the_origin()
    {
        var text = Gen.OneOf(Gen.String, Gen.String[Gen.Char["htps:/\\.@?#[]%a1é\0 "], 0, 20]);

        Gen.Select(text, text).Sample((location, contentLocation) =>
            Targets(location, contentLocation).All(uri => uri.StartsWith("https://", StringComparison.Ordinal)
                && new Uri(uri).Authority == Target.Authority));
    }
}
