using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9110 14.1.2 and 14.2</summary>
public class RangesTests
{
    private const string Sixteen = "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30";

    [Theory]
    [InlineData("bytes=0-0", "0-0")]
    [InlineData("bytes=0-4", "0-4")]
    [InlineData("bytes=4-9", "4-9")]
    [InlineData("bytes=4-", "4-9")]
    [InlineData("bytes=0-", "0-9")]
    [InlineData("bytes=9-9", "9-9")]
    [InlineData("bytes=9-", "9-9")]
    [InlineData("bytes=8-10", "8-9")]
    [InlineData("bytes=8-99999999999999999999", "8-9")]
    [InlineData("bytes=08-009", "8-9")]
    [InlineData("bytes=-1", "9-9")]
    [InlineData("bytes=-9", "1-9")]
    [InlineData("bytes=-10", "0-9")]
    [InlineData("bytes=-11", "0-9")]
    [InlineData("bytes=-99999999999999999999", "0-9")]
    [InlineData("BYTES=4-5", "4-5")]
    [InlineData(" \tbytes=4-5\t ", "4-5")]
    [InlineData("bytes=,4-5,,", "4-5")]
    [InlineData("bytes=4-5 , ,\t7-8", "4-5 7-8")]
    [InlineData("bytes=7-8,4-5", "7-8 4-5")]
    [InlineData("bytes=-1,0-0", "9-9 0-0")]
    [InlineData("bytes=7-8,10-12,0-0", "7-8 0-0")]
    [InlineData("bytes=-0,0-0", "0-0")]
    public void The_ranges_are_those_within_the_representation(string range, string expected) => Assert.Equal(expected, Of(range));

    [Theory]
    [InlineData("bytes=10-")]
    [InlineData("bytes=10-10")]
    [InlineData("bytes=11-12,20-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=-000")]
    [InlineData("bytes=9223372036854775807-")]
    [InlineData("bytes=9223372036854775808-9223372036854775809")]
    [InlineData("bytes=99999999999999999999-99999999999999999999")]
    public void Ranges_beyond_the_representation_are_not_satisfiable(string range) => Assert.Equal("", Of(range));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes= , ,")]
    [InlineData("bytes 0-4")]
    [InlineData("bytes =0-4")]
    [InlineData("byte=0-4")]
    [InlineData("items=0-4")]
    [InlineData("0-4")]
    [InlineData("bytes=4")]
    [InlineData("bytes=-")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=1-0")]
    [InlineData("bytes=12-11")]
    [InlineData("bytes=9223372036854775807-9223372036854775806")]
    [InlineData("bytes=0-4-5")]
    [InlineData("bytes=0 -4")]
    [InlineData("bytes=0- 4")]
    [InlineData("bytes=- 4")]
    [InlineData("bytes=a-4")]
    [InlineData("bytes=0-b")]
    [InlineData("bytes=-b")]
    [InlineData("bytes=0x0-4")]
    [InlineData("bytes=+0-4")]
    [InlineData("bytes=0-4;")]
    [InlineData("bytes=0-4,x")]
    [InlineData("bytes=x,0-4")]
    [InlineData("bytes=0-4,5-3")]
    [InlineData("bytes=\"0-4\"")]
    [InlineData("bytes=٣-4")]
    [InlineData("\u00a0bytes=0-4")]
    [InlineData("bytes=0-4\n")]
    [InlineData("bytes=0-4,\u00a06-7")]
    public void Without_valid_ranges_the_whole_is_served(string? range) => Assert.Null(Of(range));

    [Fact]
    public void Several_lines_are_no_Range()
    {
        Assert.Null(Ranges.Requested(new StringValues(["bytes=0-4", "bytes=0-4"]), 10));
        Assert.Null(Ranges.Requested(new StringValues(["bytes=0-4", null]), 10));
        Assert.Null(Ranges.Requested(new StringValues([null]), 10));
    }

    [Theory]
    [InlineData("bytes=0-4,3-6", "0-6")]
    [InlineData("bytes=3-6,0-4", "0-6")]
    [InlineData("bytes=0-3,4-6", "0-6")]
    [InlineData("bytes=4-6,0-3", "0-6")]
    [InlineData("bytes=5-6,0-3", "5-6 0-3")]
    [InlineData("bytes=0-9,2-3,5-5", "0-9")]
    [InlineData("bytes=0-9,2-3,4-4", "0-9")]
    [InlineData("bytes=8-9,0-1,2-3", "0-3 8-9")]
    [InlineData("bytes=6-7,2-3,2-3", "2-3 6-7")]
    [InlineData("bytes=0-0,0-", "0-9")]
    [InlineData("bytes=-5,0-5", "0-9")]
    [InlineData("bytes=0-0,-1", "0-0 9-9")]
    public void Ranges_that_overlap_or_touch_are_joined_in_order(string range, string expected) => Assert.Equal(expected, Of(range));

    [Fact]
    public void Sixteen_ranges_are_served_and_seventeen_are_not()
    {
        Assert.Equal(Ranges.Most, Ranges.Requested("bytes=" + Sixteen, 100)?.Length);
        Assert.Equal(Ranges.Most, Ranges.Requested($"bytes=,{Sixteen},,", 100)?.Length);
        Assert.Null(Ranges.Requested($"bytes={Sixteen},32-32", 100));
        Assert.Null(Ranges.Requested($"bytes={Sixteen},200-", 100));
    }

    [Fact]
    public void Of_nothing_no_part_can_be_served()
    {
        Assert.Equal("", Of("bytes=0-", 0));
        Assert.Equal("", Of("bytes=0-0", 0));
        Assert.Equal("", Of("bytes=-0", 0));
        Assert.Null(Ranges.Requested("bytes=-1", 0));
    }

    [Fact]
    public void A_representation_of_one_byte_has_one_range()
    {
        Assert.Equal("0-0", Of("bytes=-1", 1));
        Assert.Equal("0-0", Of("bytes=0-", 1));
        Assert.Equal("", Of("bytes=1-", 1));
    }

    [Fact]
    public void Positions_may_be_as_large_as_a_long()
    {
        Assert.Equal("9223372036854775800-9223372036854775806", Of("bytes=9223372036854775800-", long.MaxValue));
        Assert.Equal("0-9223372036854775806", Of("bytes=-9223372036854775807", long.MaxValue));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(4, 9, 6)]
    public void A_range_includes_both_ends(long first, long last, long length) => Assert.Equal(length, new ByteRange(first, last).Length);

    [Fact]
    public void The_ranges_are_exactly_the_bytes_that_were_asked_for()
    {
        var range = Gen.Select(Gen.Int[0, 25], Gen.Int[0, 8], (first, more) => (First: first, Last: first + more));

        Gen.Select(range.Array[1, 6], Gen.Int[1, 20]).Sample((asked, length) =>
        {
            var served = Ranges.Requested("bytes=" + string.Join(", ", asked.Select(one => $"{one.First}-{one.Last}")), length)!;
            var wanted = Enumerable.Range(0, length).Where(at => asked.Any(one => one.First <= at && at <= one.Last));
            var bytes = served.SelectMany(one => Enumerable.Range((int)one.First, (int)one.Length)).ToList();
            return bytes.Order().SequenceEqual(wanted) && served.All(one => !served.Any(next => next.First == one.Last + 1));
        });
    }

    [Fact]
    public void Ranges_apart_keep_the_order_in_which_they_were_asked_for() =>
        Gen.Shuffle(Enumerable.Range(0, 8).ToArray()).Sample(order =>
            Ranges.Requested("bytes=" + string.Join(',', order.Select(at => $"{at * 3}-{at * 3 + 1}")), 100)!
                .Select(one => (int)one.First / 3).SequenceEqual(order));

    private static string? Of(StringValues range, long length = 10) =>
        Ranges.Requested(range, length) is { } ranges ? string.Join(' ', ranges.Select(one => $"{one.First}-{one.Last}")) : null;
}
