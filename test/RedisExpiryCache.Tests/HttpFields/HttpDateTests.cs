using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Tests.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9110 5.6.7</summary>
public class HttpDateTests
{
    private static readonly DateTimeOffset Example = new(1994, 11, 6, 8, 49, 37, TimeSpan.Zero);

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    [InlineData("Sun Nov 06 08:49:37 1994")]
    [InlineData(" \tSun, 06 Nov 1994 08:49:37 GMT ")]
    public void All_three_formats_are_read(string text)
    {
        Assert.True(HttpDate.TryParse(text, Some.Now, out var date));
        Assert.Equal(Example, date);
        Assert.Equal(TimeSpan.Zero, date.Offset);
    }

    [Fact]
    public void A_day_that_does_not_fit_the_date_is_let_pass()
    {
        Assert.True(HttpDate.TryParse("Mon, 06 Nov 1994 08:49:37 GMT", Some.Now, out var date));
        Assert.Equal(Example, date);
    }

    [Fact]
    public void A_leap_second_is_the_second_before()
    {
        Assert.True(HttpDate.TryParse("Sat, 31 Dec 2016 23:59:60 GMT", Some.Now, out var date));
        Assert.Equal(new DateTimeOffset(2016, 12, 31, 23, 59, 59, TimeSpan.Zero), date);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("now")]
    [InlineData("Sun, 06 Nov 1994 08:49:37")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 UTC")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 gmt")]
    [InlineData("Sun, 06 NOV 1994 08:49:37 GMT")]
    [InlineData("SUN, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Xyz, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 6 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06  Nov  1994 08:49:37 GMT")]
    [InlineData("Sun, 06-Nov-1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 8:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08.49.37 GMT")]
    [InlineData("Sun, 06 Nov 1994 24:00:00 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:60:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:61 GMT")]
    [InlineData("Sun, 00 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 31 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 29 Feb 2023 08:49:37 GMT")]
    [InlineData("Sun, 06 Foo 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 anF 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 0000 08:49:37 GMT")]
    [InlineData("Sun, +6 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37")]
    [InlineData("Sun Nov  6 08:49:37 1994 GMT")]
    [InlineData("Sun Nov 6 08:49:37 1994")]
    [InlineData("1994-11-06T08:49:37Z")]
    public void Anything_else_is_invalid(string? text) => Assert.False(HttpDate.TryParse(text, Some.Now, out _));

    [Theory]
    [InlineData("Sunday, 01-Mar-26 12:00:00 GMT", 2026)]
    [InlineData("Sunday, 01-Mar-75 12:00:00 GMT", 2075)]
    [InlineData("Sunday, 01-Mar-76 12:00:00 GMT", 2076)]
    [InlineData("Sunday, 01-Mar-76 12:00:01 GMT", 1976)]
    [InlineData("Sunday, 01-Apr-76 12:00:00 GMT", 1976)]
    [InlineData("Sunday, 01-Mar-77 12:00:00 GMT", 1977)]
    [InlineData("Sunday, 01-Mar-00 12:00:00 GMT", 2000)]
    public void A_two_digit_year_is_at_most_50_years_ahead(string text, int year)
    {
        Assert.True(HttpDate.TryParse(text, Some.Now, out var date));
        Assert.Equal(year, date.Year);
    }

    [Fact]
    public void Lines_that_agree_are_one_date() =>
        Assert.True(HttpDate.TryParse(new StringValues([HttpDate.Format(Example), HttpDate.Format(Example)]), Some.Now, out _));

    [Fact]
    public void Lines_that_differ_are_invalid() =>
        Assert.False(HttpDate.TryParse(new StringValues([HttpDate.Format(Example), HttpDate.Format(Some.Now)]), Some.Now, out _));

    [Fact]
    public void No_line_is_invalid() => Assert.False(HttpDate.TryParse(StringValues.Empty, Some.Now, out _));

    [Fact]
    public void Format_writes_the_preferred_format_in_GMT() =>
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.Format(Example.ToOffset(TimeSpan.FromHours(5))));

    [Fact]
    public void What_is_formatted_is_read_back() =>
        Gen.DateTimeOffset.Sample(date =>
            HttpDate.TryParse(HttpDate.Format(date), Some.Now, out var read) && read == Freshness.WholeSeconds(date));

    [Fact]
    public void Reading_anything_at_any_time_never_fails()
    {
        var text = Gen.String[Gen.Char["SunFebMaryday, -0:69GMT\0"], 0, 34];
        var shaped = Gen.Int[0, 99].Select(year => $"Sunday, 29-Feb-{year:00} 23:59:60 GMT");

        Gen.Select(Gen.OneOf(text, shaped), Gen.DateTimeOffset).Sample((date, now) =>
        {
            HttpDate.TryParse(date, now, out _);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9999)]
    public void Two_digit_years_are_read_at_both_ends_of_time(int year)
    {
        for (var digits = 0; digits < 100; digits++)
        {
            var read = HttpDate.TryParse($"Sunday, 31-Dec-{digits:00} 23:59:59 GMT", new DateTimeOffset(year, 12, 31, 0, 0, 0, TimeSpan.Zero), out var date);
            Assert.True(!read || date.Year % 100 == digits, $"{digits:00} was read as {date.Year}");
        }
    }
}
