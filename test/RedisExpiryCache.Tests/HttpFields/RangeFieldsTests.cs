using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Tests.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>Content-Range and If-Range, RFC 9110 14.4 and 13.1.5</summary>
public class RangeFieldsTests
{
    [Theory]
    [InlineData("bytes 4-9/10", 4, 9, 10L)]
    [InlineData("bytes 0-0/1", 0, 0, 1L)]
    [InlineData("bytes 0-4/*", 0, 4, null)]
    [InlineData("Bytes 0-4/5", 0, 4, 5L)]
    [InlineData(" \tbytes 0-4/5\t ", 0, 4, 5L)]
    [InlineData("bytes 00-04/05", 0, 4, 5L)]
    [InlineData("bytes 0-9223372036854775805/9223372036854775806", 0, 9223372036854775805, 9223372036854775806L)]
    [InlineData("bytes 0-9223372036854775806/*", 0, 9223372036854775806, null)]
    public void A_Content_Range_is_read(string contentRange, long first, long last, long? length)
    {
        Assert.True(Ranges.TryParseContentRange(contentRange, out var range, out var completeLength));
        Assert.Equal(new ByteRange(first, last), range);
        Assert.Equal(length, completeLength);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes ")]
    [InlineData("bytes */10")]
    [InlineData("bytes 4-9")]
    [InlineData("bytes 4-9/")]
    [InlineData("bytes 4/10")]
    [InlineData("bytes 4-/10")]
    [InlineData("bytes -9/10")]
    [InlineData("bytes -/10")]
    [InlineData("bytes /4-9")]
    [InlineData("bytes 4/-9")]
    [InlineData("bytes 9-4/10")]
    [InlineData("bytes 4-10/10")]
    [InlineData("bytes 4-11/10")]
    [InlineData("bytes 0-0/0")]
    [InlineData("bytes  4-9/10")]
    [InlineData("bytes 4 -9/10")]
    [InlineData("bytes 4- 9/10")]
    [InlineData("bytes 4-9 /10")]
    [InlineData("bytes 4-9/ 10")]
    [InlineData("bytes 4-9/ *")]
    [InlineData("bytes 4-9/**")]
    [InlineData("bytes 4-9/10/10")]
    [InlineData("bytes 4-9-9/10")]
    [InlineData("bytes 4-9/-10")]
    [InlineData("bytes 4-9/x")]
    [InlineData("bytes x-9/10")]
    [InlineData("bytes=4-9/10")]
    [InlineData("items 4-9/10")]
    [InlineData("4-9/10")]
    [InlineData("\nbytes 4-9/10")]
    [InlineData("bytes 4-9/10\u00a0")]
    [InlineData("bytes 4-9/10, bytes 4-9/10")]
    [InlineData("bytes 0-9223372036854775807/*")]
    [InlineData("bytes 0-99999999999999999999/*")]
    [InlineData("bytes 0-4/9223372036854775807")]
    [InlineData("bytes 0-4/99999999999999999999")]
    public void Another_Content_Range_says_nothing(string? contentRange)
    {
        Assert.False(Ranges.TryParseContentRange(contentRange, out var range, out var completeLength));
        Assert.Equal(default, range);
        Assert.Null(completeLength);
    }

    [Fact]
    public void Without_If_Range_the_range_is_served() => Assert.True(Ranges.IfRangeMatches(null, null, null, Some.Now, Some.Now));

    [Theory]
    [InlineData("\"a\"", "\"a\"", true)]
    [InlineData(" \"a\"\t", "\"a\"", true)]
    [InlineData("\"a\"", "\"b\"", false)]
    [InlineData("\"a\"", "W/\"a\"", false)]
    [InlineData("W/\"a\"", "\"a\"", false)]
    [InlineData("W/\"a\"", "W/\"a\"", false)]
    [InlineData("\"a\"", null, false)]
    [InlineData("\"a\", \"a\"", "\"a\"", false)]
    [InlineData("\"a\",", "\"a\"", false)]
    [InlineData("a", "a", false)]
    [InlineData("*", "\"a\"", false)]
    [InlineData("", "", false)]
    [InlineData(" ", null, false)]
    public void A_tag_in_If_Range_is_compared_strongly(string ifRange, string? etag, bool matches) =>
        Assert.Equal(matches, Ranges.IfRangeMatches(ifRange, etag, Some.Now.AddDays(-1), Some.Now, Some.Now));

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_date_in_If_Range_has_to_be_that_of_Last_Modified(int secondsAfter, bool matches)
    {
        var modified = Some.Now.AddDays(-1);
        var ifRange = $" {HttpDate.Format(modified.AddSeconds(secondsAfter))} ";

        Assert.Equal(matches, Ranges.IfRangeMatches(ifRange, "\"a\"", modified, Some.Now, Some.Now));
    }

    [Theory]
    [InlineData(-1000, false)]
    [InlineData(0, false)]
    [InlineData(999, false)]
    [InlineData(1000, true)]
    [InlineData(1001, true)]
    [InlineData(60_000, true)]
    public void A_Last_Modified_of_the_same_second_as_Date_is_no_strong_validator(int millisecondsBefore, bool matches)
    {
        var date = Some.Now.AddMilliseconds(millisecondsBefore);

        Assert.Equal(matches, Ranges.IfRangeMatches(HttpDate.Format(Some.Now), null, Some.Now, date, Some.Now.AddHours(1)));
    }

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("0")]
    [InlineData("Sat, 28 Feb 2026 12:00:00 GMT, Sat, 28 Feb 2026 12:00:00 GMT")]
    public void What_is_no_date_matches_no_Last_Modified(string ifRange) =>
        Assert.False(Ranges.IfRangeMatches(ifRange, null, Some.Now.AddDays(-1), Some.Now, Some.Now));

    [Fact]
    public void A_date_in_If_Range_matches_nothing_where_there_is_no_Last_Modified() =>
        Assert.False(Ranges.IfRangeMatches(HttpDate.Format(Some.Now.AddDays(-1)), null, null, Some.Now, Some.Now));

    [Fact]
    public void A_year_of_two_digits_is_read_from_now()
    {
        const string InTheNineties = "Sunday, 06-Nov-94 08:49:37 GMT";
        var modified = new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero);

        Assert.True(Ranges.IfRangeMatches(InTheNineties, null, modified, Some.Now, Some.Now));
        Assert.False(Ranges.IfRangeMatches(InTheNineties, null, modified, Some.Now, Some.Now.AddYears(50)));
    }
}
