using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Tests.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9111 5.2</summary>
public class CacheControlTests
{
    [Fact]
    public void No_field_is_no_directive() => Assert.Equal(CacheControl.None, CacheControl.Parse(StringValues.Empty));

    [Fact]
    public void Each_directive_is_read()
    {
        var parsed = CacheControl.Parse(
            "no-store, no-cache, private, public, must-revalidate, proxy-revalidate, must-understand, only-if-cached, "
            + "max-age=1, s-maxage=2, min-fresh=3, max-stale=4");

        var expected = new CacheControl
        {
            NoStore = true,
            NoCache = true,
            Private = true,
            Public = true,
            MustRevalidate = true,
            ProxyRevalidate = true,
            MustUnderstand = true,
            OnlyIfCached = true,
            MaxAge = Some.Seconds(1),
            SMaxAge = Some.Seconds(2),
            MinFresh = Some.Seconds(3),
            MaxStale = Some.Seconds(4),
        };
        Assert.Equal(expected, parsed);
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("NO-STORE")]
    [InlineData("No-Store")]
    [InlineData(" \tno-store\t ")]
    [InlineData(",,no-store,,")]
    [InlineData("max-age=1,no-store")]
    [InlineData("max-age=1 , no-store")]
    [InlineData("foo=\"a,b\",no-store")]
    [InlineData("foo=\"a\\\",b\",no-store")]
    [InlineData("no-store=1")]
    [InlineData("no-store=\"\"")]
    [InlineData("no-store; max-age=1")]
    [InlineData("max-age=60\", no-store, foo=\"\"")]
    [InlineData("foo=\"unclosed, no-store")]
    [InlineData("foo=\"unclosed\\\", no-store")]
    public void No_store_is_found(string line) => Assert.True(CacheControl.Parse(line).NoStore);

    [Theory]
    [InlineData("")]
    [InlineData("x-no-store")]
    [InlineData("no-storex")]
    [InlineData("no-store-please")]
    [InlineData("foo=no-store")]
    [InlineData("foo=\"no-store\"")]
    [InlineData("foo=\"a, no-store, b\"")]
    [InlineData("foo=\"a\\\", no-store\"")]
    [InlineData("\"no-store\"")]
    [InlineData("no store")]
    [InlineData("no_store")]
    public void No_store_inside_something_else_is_not_no_store(string line) => Assert.False(CacheControl.Parse(line).NoStore);

    [Fact]
    public void Lines_count_together()
    {
        var parsed = CacheControl.Parse(new StringValues(["max-age=5", null, "", "no-store"]));

        Assert.Equal(Some.Seconds(5), parsed.MaxAge);
        Assert.True(parsed.NoStore);
    }

    [Fact]
    public void A_quote_left_open_does_not_reach_into_the_next_line()
    {
        Assert.True(CacheControl.Parse(new StringValues(["foo=\"a", "no-store, bar=\"b"])).NoStore);
        Assert.False(CacheControl.Parse(new StringValues(["foo=\"a", "bar=\"b, no-store\""])).NoStore);
    }

    [Theory]
    [InlineData("max-age=0", 0)]
    [InlineData("max-age=3600", 3600)]
    [InlineData("MAX-AGE=3600", 3600)]
    [InlineData("max-age=\"3600\"", 3600)]
    [InlineData("max-age=003600", 3600)]
    [InlineData("max-age=2147483648", 2147483648)]
    [InlineData("max-age=2147483649", 2147483648)]
    [InlineData("max-age=99999999999999999999999999999999", 2147483648)]
    public void Max_age_is_read(string line, long seconds) => Assert.Equal(Some.Seconds(seconds), CacheControl.Parse(line).MaxAge);

    [Theory]
    [InlineData("max-age")]
    [InlineData("max-age=")]
    [InlineData("max-age=\"\"")]
    [InlineData("max-age=\"")]
    [InlineData("max-age=-1")]
    [InlineData("max-age=+1")]
    [InlineData("max-age=3600.5")]
    [InlineData("max-age=a3600")]
    [InlineData("max-age=3600a")]
    [InlineData("max-age='3600'")]
    [InlineData("max-age=\"36\\00\"")]
    [InlineData("max-age =3600")]
    [InlineData("max-age= 3600")]
    [InlineData("max-age=3600 60")]
    [InlineData("max-age=1e9")]
    [InlineData("max-age=٣")]
    [InlineData("max-age=3600\0")]
    public void An_invalid_max_age_is_zero(string line) => Assert.Equal(TimeSpan.Zero, CacheControl.Parse(line).MaxAge);

    [Theory]
    [InlineData("max-age-foo=3")]
    [InlineData("x-max-age=3")]
    [InlineData("foo=\"max-age=3\"")]
    [InlineData("s-maxage=3")]
    public void Max_age_inside_something_else_is_not_max_age(string line) => Assert.Null(CacheControl.Parse(line).MaxAge);

    [Theory]
    [InlineData("max-age=1, max-age=1800")]
    [InlineData("max-age=1800, max-age=1")]
    [InlineData("max-age=1, max-age=1")]
    public void The_smallest_of_several_max_ages_counts(string line) =>
        Assert.Equal(Some.Seconds(1), CacheControl.Parse(line).MaxAge);

    [Fact]
    public void An_invalid_max_age_is_the_smallest() =>
        Assert.Equal(TimeSpan.Zero, CacheControl.Parse("max-age=10, max-age=x").MaxAge);

    [Theory]
    [InlineData("private=\"Set-Cookie, Authorization\"", "Set-Cookie", "Authorization")]
    [InlineData("private=\" X-A ,, X-B \"", "X-A", "X-B")]
    [InlineData("no-cache=\"X-A\", max-age=5", "X-A")]
    [InlineData("no-cache=X-A", "X-A")]
    [InlineData("no-cache=\"X-A\", private=\"X-B\"", "X-A", "X-B")]
    public void Field_names_withhold_these_fields_and_nothing_else(string line, params string[] names)
    {
        var parsed = CacheControl.Parse(line);

        Assert.Equal(names, parsed.WithheldFields);
        Assert.False(parsed.NoCache || parsed.Private);
    }

    [Theory]
    [InlineData("private=\"\"")]
    [InlineData("private=")]
    [InlineData("private=\" , \"")]
    [InlineData("private=\"X A\"")]
    [InlineData("private=\"X-A, ?, (\"")]
    [InlineData("private =\"X-A\"")]
    [InlineData("private=\"X-A")]
    [InlineData("private=\"X-A\", private")]
    public void Malformed_field_names_withhold_the_whole(string line)
    {
        Assert.True(CacheControl.Parse(line).Private);
        Assert.True(CacheControl.Parse(line.Replace("private", "no-cache", StringComparison.Ordinal)).NoCache);
    }

    [Theory]
    [InlineData("public=yes")]
    [InlineData("public max-age=5")]
    [InlineData("publicly")]
    public void A_malformed_public_allows_nothing(string line) => Assert.False(CacheControl.Parse(line).Public);

    [Theory]
    [InlineData("max-stale=\"x\"")]
    [InlineData("max-stale=")]
    [InlineData("max-stale=-1")]
    [InlineData("max-stale =5")]
    public void An_invalid_max_stale_is_ignored(string line) => Assert.Null(CacheControl.Parse(line).MaxStale);

    [Fact]
    public void Max_stale_without_an_argument_is_any_staleness() =>
        Assert.Equal(CacheControl.AnyStaleness, CacheControl.Parse("max-stale").MaxStale);

    [Fact]
    public void The_smallest_of_several_max_stales_counts() =>
        Assert.Equal(Some.Seconds(3), CacheControl.Parse("max-stale, max-stale=3, max-stale=x, max-stale=9").MaxStale);

    [Fact]
    public void The_largest_of_several_min_freshes_counts() =>
        Assert.Equal(Some.Seconds(9), CacheControl.Parse("min-fresh=3, min-fresh=x, min-fresh=9, min-fresh=4").MinFresh);

    [Fact]
    public void An_invalid_min_fresh_is_ignored() => Assert.Null(CacheControl.Parse("min-fresh=soon").MinFresh);

    [Theory]
    [InlineData("{0}=60", 60L)]
    [InlineData("{0}=\"60\"", 60L)]
    [InlineData("{0}=9, {0}=60", 9L)]
    [InlineData("{0}=60, {0}=9", 9L)]
    [InlineData("{0}=60, {0}=x, {0}", 60L)]
    [InlineData("{0}=x, {0}=60", 60L)]
    [InlineData("{0}=99999999999999999999", 2147483648L)]
    [InlineData("{0}", null)]
    [InlineData("{0}=", null)]
    [InlineData("{0}=-1", null)]
    [InlineData("x-{0}=60", null)]
    public void Leave_to_be_stale_is_the_smallest_of_its_valid_values(string format, long? seconds)
    {
        TimeSpan? expected = seconds is { } some ? Some.Seconds(some) : null;

        Assert.Equal(new CacheControl { StaleWhileRevalidate = expected }, CacheControl.Parse(format.Replace("{0}", "stale-while-revalidate")));
        Assert.Equal(new CacheControl { StaleIfError = expected }, CacheControl.Parse(format.Replace("{0}", "Stale-If-Error")));
    }

    [Theory]
    [InlineData("must-revalidate", true)]
    [InlineData("proxy-revalidate", true)]
    [InlineData("s-maxage=5", true)]
    [InlineData("s-maxage=junk", true)]
    [InlineData("max-age=5, public", false)]
    public void Stale_is_forbidden_by(string line, bool forbidden) => Assert.Equal(forbidden, CacheControl.Parse(line).ForbidsStale);

    [Fact]
    public void Reading_anything_never_fails() =>
        Gen.String[Gen.Char["nostrmaxge-=\"\\, \t\0é1٣"], 0, 60].Array[0, 4].Sample(lines =>
        {
            CacheControl.Parse(lines);
        });

    [Fact]
    public void Directives_cannot_hide_behind_what_is_before_them() =>
        Gen.String[Gen.Char["ab=\\ \t,"], 0, 30].Sample(junk => CacheControl.Parse(junk + ",no-store").NoStore);

    [Fact]
    public void Thousands_of_open_quotes_cost_no_more_than_their_length()
    {
        var hostile = string.Concat(Enumerable.Repeat("\"\\", 500_000)) + ",no-store";

        Assert.True(CacheControl.Parse(hostile).NoStore);
    }
}
