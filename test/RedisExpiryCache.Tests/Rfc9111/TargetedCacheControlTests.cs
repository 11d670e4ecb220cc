using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9213 2</summary>
public class TargetedCacheControlTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("max-age=10,")]
    [InlineData("No-Store")]
    [InlineData("no-store, max-age=")]
    [InlineData("no-store no-cache")]
    public void A_field_that_is_missing_or_empty_or_broken_does_not_apply(string? line)
    {
        Assert.False(TargetedCacheControl.TryRead(line, out var directives));
        Assert.Equal(CacheControl.None, directives);
    }

    [Fact]
    public void Each_directive_is_read()
    {
        var lines = new StringValues(
        [
            "no-store, no-cache, private, public, must-revalidate, proxy-revalidate, must-understand",
            "max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4",
        ]);
        var expected = new CacheControl
        {
            NoStore = true,
            NoCache = true,
            Private = true,
            Public = true,
            MustRevalidate = true,
            ProxyRevalidate = true,
            MustUnderstand = true,
            MaxAge = Some.Seconds(1),
            SMaxAge = Some.Seconds(2),
            StaleWhileRevalidate = Some.Seconds(3),
            StaleIfError = Some.Seconds(4),
        };

        Assert.Equal(expected, Read(lines));
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("no-cache")]
    [InlineData("private")]
    [InlineData("must-revalidate")]
    [InlineData("proxy-revalidate")]
    [InlineData("must-understand")]
    public void A_directive_that_limits_counts_unless_it_is_false(string name)
    {
        var limited = Read(name);

        Assert.NotEqual(CacheControl.None, limited);
        foreach (var value in (string[])["=?1", "=\"X-Foo\"", "=(\"X-Foo\")", "=0", "=1", "=x", "=0.0", "=@0", ";x=?0"])
            Assert.Equal(limited, Read(name + value));
        Assert.Equal(CacheControl.None, Read(name + "=?0"));
        Assert.Equal(CacheControl.None, Read(name + "=?0;x"));
    }

    [Theory]
    [InlineData("public", true)]
    [InlineData("public=?1", true)]
    [InlineData("public;x=?0", true)]
    [InlineData("public=?0", false)]
    [InlineData("public=1", false)]
    [InlineData("public=\"yes\"", false)]
    [InlineData("public=@1", false)]
    [InlineData("x", false)]
    public void Public_counts_only_when_it_is_true(string line, bool isPublic) => Assert.Equal(isPublic, Read(line).Public);

    [Theory]
    [InlineData("=0", 0)]
    [InlineData("=1", 1)]
    [InlineData("=3600;x=y", 3600)]
    [InlineData("=2147483648", 2147483648)]
    [InlineData("=2147483649", 2147483648)]
    [InlineData("=999999999999999", 2147483648)]
    [InlineData("=-1", 0)]
    [InlineData("", 0)]
    [InlineData("=?1", 0)]
    [InlineData("=10.0", 0)]
    [InlineData("=\"10\"", 0)]
    [InlineData("=ten", 0)]
    [InlineData("=@10", 0)]
    [InlineData("=(10)", 0)]
    public void A_lifetime_that_is_no_number_of_seconds_is_zero(string value, long seconds)
    {
        Assert.Equal(new CacheControl { MaxAge = Some.Seconds(seconds) }, Read("max-age" + value));
        Assert.Equal(new CacheControl { SMaxAge = Some.Seconds(seconds) }, Read("s-maxage" + value));
    }

    [Theory]
    [InlineData("=0", 0L)]
    [InlineData("=60", 60L)]
    [InlineData("=999999999999999", 2147483648L)]
    [InlineData("=-1", null)]
    [InlineData("", null)]
    [InlineData("=60.0", null)]
    [InlineData("=\"60\"", null)]
    [InlineData("=@60", null)]
    public void Leave_to_be_stale_that_is_no_number_of_seconds_is_none(string value, long? seconds)
    {
        TimeSpan? expected = seconds is { } some ? Some.Seconds(some) : null;

        Assert.Equal(new CacheControl { StaleWhileRevalidate = expected }, Read("stale-while-revalidate" + value));
        Assert.Equal(new CacheControl { StaleIfError = expected }, Read("stale-if-error" + value));
    }

    [Fact]
    public void The_last_of_several_counts() => Assert.Equal(Some.Seconds(9), Read("max-age=1, max-age=9").MaxAge);

    [Fact]
    public void A_field_of_unknown_members_applies_and_says_nothing() => Assert.Equal(CacheControl.None, Read("foo, only-if-cached, max-stale=5"));

    private static CacheControl Read(StringValues lines)
    {
        Assert.True(TargetedCacheControl.TryRead(lines, out var directives));
        return directives;
    }
}
