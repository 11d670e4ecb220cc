using CsCheck;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.Tests.Redis.Entries;

public class MicrosoftEntryFieldsTests
{
    [Fact]
    public void What_was_written_is_read() => Gen.Select(
        Gen.Long[1, long.MaxValue].Select(TimeSpan.FromTicks).Nullable(),
        Gen.Long[0, Ttl.LastMoment.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero)).Nullable(),
        (sliding, end) => new EntryExpiry(sliding, end))
        .Sample(expiry => MicrosoftEntryFields.From(expiry).TryGetExpiry(out var read) && read == expiry);

    [Fact]
    public void Minus_one_stands_for_none() => Assert.Equal(new MicrosoftEntryFields(-1, -1), MicrosoftEntryFields.From(default));

    [Fact]
    public void An_absolute_end_counts_utc_ticks()
    {
        var end = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(9));
        Assert.Equal(end.UtcTicks, MicrosoftEntryFields.From(new EntryExpiry(null, end)).AbsoluteTicks);
    }

    [Theory]
    [InlineData(-2, -1)]
    [InlineData(long.MinValue, -1)]
    [InlineData(long.MaxValue, -1)]
    [InlineData(-1, 0)]
    [InlineData(-1, -2)]
    [InlineData(-1, long.MinValue)]
    public void Numbers_that_no_expiry_has_are_none(long absolute, long sliding) =>
        Assert.False(new MicrosoftEntryFields(absolute, sliding).TryGetExpiry(out _));

    [Fact]
    public void No_numbers_make_it_throw() => Gen.Select(Gen.Long, Gen.Long).Sample((absolute, sliding) =>
        new MicrosoftEntryFields(absolute, sliding).TryGetExpiry(out var expiry) || expiry == default);
}
