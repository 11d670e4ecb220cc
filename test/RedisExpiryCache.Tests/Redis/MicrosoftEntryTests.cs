using CsCheck;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.Tests.Redis;

public class MicrosoftEntryTests
{
    [Fact]
    public void What_was_written_is_read() => Gen.Select(
        Gen.Long[1, long.MaxValue].Select(TimeSpan.FromTicks).Nullable(),
        Gen.Long[0, Ttl.LastMoment.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero)).Nullable(),
        (sliding, end) => new EntryExpiry(sliding, end))
        .Sample(expiry => MicrosoftEntry.From(expiry).TryGetExpiry(out var read) && read == expiry);

    [Fact]
    public void Minus_one_stands_for_none() => Assert.Equal(new MicrosoftEntry(-1, -1), MicrosoftEntry.From(default));

    [Fact]
    public void An_absolute_end_counts_utc_ticks()
    {
        var end = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(9));
        Assert.Equal(end.UtcTicks, MicrosoftEntry.From(new EntryExpiry(null, end)).AbsoluteTicks);
    }

    [Theory]
    [InlineData(-2, -1)]
    [InlineData(long.MinValue, -1)]
    [InlineData(long.MaxValue, -1)]
    [InlineData(-1, 0)]
    [InlineData(-1, -2)]
    [InlineData(-1, long.MinValue)]
    public void Numbers_that_no_expiry_has_are_none(long absolute, long sliding) =>
        Assert.False(new MicrosoftEntry(absolute, sliding).TryGetExpiry(out _));

    [Fact]
    public void No_numbers_make_it_throw() => Gen.Select(Gen.Long, Gen.Long).Sample((absolute, sliding) =>
        new MicrosoftEntry(absolute, sliding).TryGetExpiry(out var expiry) || expiry == default);
}
