using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9110 14.4, RFC 9111 3.3 and 3.4</summary>
public class StoredRangeTests
{
    private static readonly Gen<StoredRange> Parts = Gen.Select(Gen.Long[0, 30], Gen.Long[0, 10], Gen.Long[0, 3], static (first, more, behind) =>
        new StoredRange(new ByteRange(first, first + more), first + more + 1 + behind));

    private static StoredRange Of(long first, long last, long length = 10) => new(new ByteRange(first, last), length);

    [Fact]
    public void A_part_is_read_from_Content_Range()
    {
        Assert.Equal(Of(0, 4), StoredRange.Parse("bytes 0-4/10"));
        Assert.Equal(Of(9, 9), StoredRange.Parse("bytes 9-9/10"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bytes 0-4/*")]
    [InlineData("bytes */10")]
    [InlineData("bytes 4-3/10")]
    [InlineData("bytes 0-10/10")]
    [InlineData("0-4/10")]
    public void What_does_not_say_which_part_of_how_much_is_none(string? contentRange) => Assert.Null(StoredRange.Parse(contentRange));

    [Fact]
    public void A_part_says_itself_what_it_is() => Assert.Equal("bytes 3-6/10", Of(3, 6).ContentRange);

    [Fact]
    public void A_part_is_read_as_it_was_written() => Parts.Sample(part => StoredRange.Parse(part.ContentRange) == part);

    [Theory]
    [InlineData(3, 6, true)]
    [InlineData(3, 3, true)]
    [InlineData(6, 6, true)]
    [InlineData(4, 5, true)]
    [InlineData(2, 6, false)]
    [InlineData(3, 7, false)]
    [InlineData(2, 2, false)]
    [InlineData(7, 7, false)]
    [InlineData(0, 9, false)]
    public void A_part_covers_what_lies_within_it(long first, long last, bool covered) =>
        Assert.Equal(covered, Of(3, 6).Covers([new ByteRange(first, last)]));

    [Fact]
    public void A_part_covers_several_ranges_only_if_it_covers_each()
    {
        Assert.True(Of(3, 6).Covers([new(3, 3), new(6, 6)]));
        Assert.False(Of(3, 6).Covers([new(3, 3), new(7, 7)]));
        Assert.False(Of(3, 6).Covers([new(2, 2), new(6, 6)]));
    }

    [Fact]
    public void A_part_covers_neither_the_whole_nor_nothing()
    {
        Assert.False(Of(3, 6).Covers(null));
        Assert.False(Of(3, 6).Covers([]));
        Assert.False(Of(0, 9).Covers(null));
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(4, 1, false)]
    [InlineData(4, 2, true)]
    [InlineData(6, 4, true)]
    [InlineData(6, 3, false)]
    [InlineData(3, 0, false)]
    public void A_range_begins_within_the_bytes_that_are_there(long first, long bodyLength, bool within)
    {
        Assert.Equal(within, Of(3, 6).BeginsWithin([new ByteRange(first, 6)], bodyLength));
        Assert.Equal(within, Of(3, 6).BeginsWithin([new ByteRange(3, 3), new ByteRange(first, 6)], bodyLength));
    }

    [Fact]
    public void Where_no_range_is_asked_for_none_begins_elsewhere()
    {
        Assert.True(Of(3, 6).BeginsWithin(null, 0));
        Assert.True(Of(3, 6).BeginsWithin([], 0));
    }

    [Theory]
    [InlineData(0, 9, 10, true)]
    [InlineData(0, 0, 1, true)]
    [InlineData(0, 8, 10, false)]
    [InlineData(1, 9, 10, false)]
    [InlineData(0, 9, 11, false)]
    public void A_part_is_whole_from_the_first_byte_to_the_last(long first, long last, long length, bool whole) =>
        Assert.Equal(whole, Of(first, last, length).IsWhole);

    [Theory]
    [InlineData(0, 4, 5, 9, 0, 9)]
    [InlineData(0, 4, 4, 9, 0, 9)]
    [InlineData(0, 4, 0, 4, 0, 4)]
    [InlineData(0, 9, 3, 4, 0, 9)]
    [InlineData(2, 4, 0, 2, 0, 4)]
    [InlineData(2, 4, 0, 1, 0, 4)]
    public void Parts_that_touch_or_overlap_are_joined(long first, long last, long otherFirst, long otherLast, long joinedFirst, long joinedLast)
    {
        Assert.Equal(Of(joinedFirst, joinedLast), Of(first, last).Join(Of(otherFirst, otherLast)));
        Assert.Equal(Of(joinedFirst, joinedLast), Of(otherFirst, otherLast).Join(Of(first, last)));
    }

    [Theory]
    [InlineData(0, 3, 5, 9, 10)]
    [InlineData(0, 0, 2, 2, 10)]
    [InlineData(0, 1, 8, 9, 10)]
    [InlineData(0, 4, 5, 9, 11)]
    [InlineData(0, 4, 0, 4, 11)]
    public void Parts_with_a_byte_missing_or_of_another_length_are_not(long first, long last, long otherFirst, long otherLast, long otherLength)
    {
        Assert.Null(Of(first, last).Join(Of(otherFirst, otherLast, otherLength)));
        Assert.Null(Of(otherFirst, otherLast, otherLength).Join(Of(first, last)));
    }

    [Fact]
    public void What_is_joined_has_the_bytes_of_both_and_no_others() => Gen.Select(Parts, Parts).Sample((one, other) =>
    {
        other = other with { CompleteLength = one.CompleteLength };
        var bytes = BytesOf(one).Union(BytesOf(other)).Order().ToArray();
        var isGapless = bytes[^1] - bytes[0] + 1 == bytes.Length;
        return one.Join(other) is { } joined ? bytes.SequenceEqual(BytesOf(joined)) : !isGapless;
    });

    [Theory]
    [InlineData(0, 4, 10, "bytes 0-4/10")]
    [InlineData(1_000_000, 2_999_999_999, 3_000_000_000, "bytes 1000000-2999999999/3000000000")]
    public void Content_Range_is_written_in_plain_digits(long first, long last, long length, string expected) =>
        Assert.Equal(expected, Ranges.ContentRange(new ByteRange(first, last), length));

    [Theory]
    [InlineData("bytes=-5", true)]
    [InlineData("BYTES=-5", true)]
    [InlineData(" \tbytes=-5 ", true)]
    [InlineData("bytes=5-", false)]
    [InlineData("bytes=0-5", false)]
    [InlineData("bytes=0-,-5", false)]
    [InlineData("items=-5", false)]
    [InlineData("", false)]
    public void The_end_may_be_what_is_asked_for(string range, bool isSuffix) => Assert.Equal(isSuffix, Ranges.IsSuffix(range));

    [Fact]
    public void The_end_is_not_asked_for_without_a_range_or_with_two_lines()
    {
        Assert.False(Ranges.IsSuffix(StringValues.Empty));
        Assert.False(Ranges.IsSuffix(new StringValues(["bytes=-5", "bytes=-5"])));
        Assert.False(Ranges.IsSuffix(new StringValues([null])));
    }

    private static long[] BytesOf(StoredRange part)
    {
        var bytes = new long[part.Range.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = part.Range.First + i;
        return bytes;
    }
}
