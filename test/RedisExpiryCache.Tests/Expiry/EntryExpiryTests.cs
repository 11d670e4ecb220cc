using CsCheck;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.Expiry;

namespace RedisExpiryCache.Tests.Expiry;

public class EntryExpiryTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<DateTimeOffset> Moment =
        Gen.Long[0, Ttl.LastMoment.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private static readonly Gen<TimeSpan> Span = Gen.OneOf(
        Gen.Long[1, TimeSpan.TicksPerMinute], Gen.Long[1, long.MaxValue], Gen.Const(long.MaxValue)).Select(TimeSpan.FromTicks);

    private static readonly Gen<EntryExpiry> Expiry = Gen.Select(Span.Nullable(), Moment.Nullable(), (sliding, end) => new EntryExpiry(sliding, end));

    [Fact]
    public void A_time_to_live_is_never_negative() => Gen.Select(Expiry, Moment).Sample((expiry, now) =>
        expiry.TimeToLiveMs(now) is null or >= 0);

    [Fact]
    public void Only_what_has_neither_window_nor_end_lives_for_ever() => Gen.Select(Expiry, Moment).Sample((expiry, now) =>
        expiry.TimeToLiveMs(now) is null == (expiry == default));

    [Fact]
    public void A_time_to_live_never_reaches_beyond_the_absolute_end() => Gen.Select(Expiry, Moment, Gen.Long[0, TimeSpan.TicksPerMinute])
        .Where((expiry, _, _) => expiry.AbsoluteEnd is not null)
        .Sample((expiry, anywhere, before) =>
        {
            var end = expiry.AbsoluteEnd!.Value;
            foreach (var now in new[] { anywhere, end.Ticks > before ? end.AddTicks(-before) : end })
            {
                var ttlMs = expiry.TimeToLiveMs(now)!.Value;

                // Redis takes 0 for "delete now", so the last fraction of a millisecond counts as a whole one.
                Assert.True(ttlMs <= Math.Max(1, (end - now).TotalMilliseconds), $"{ttlMs} ms at {now:O}, end {end:O}");
                Assert.Equal(now >= end, ttlMs == 0);
            }
        });

    [Fact]
    public void A_time_to_live_never_exceeds_the_window() => Gen.Select(Expiry, Moment)
        .Where((expiry, _) => expiry.Sliding is not null)
        .Sample((expiry, now) => expiry.TimeToLiveMs(now) <= Ttl.ToMilliseconds(expiry.Sliding!.Value));

    [Fact]
    public void What_is_left_never_grows_while_time_goes_on() => Gen.Select(Expiry, Moment, Moment).Sample((expiry, a, b) =>
    {
        var (earlier, later) = a <= b ? (a, b) : (b, a);
        Assert.True((expiry.TimeToLiveMs(later) ?? long.MaxValue) <= (expiry.TimeToLiveMs(earlier) ?? long.MaxValue));
    });

    [Fact]
    public void The_moment_at_which_an_entry_ends_never_moves_back() => Gen.Select(Expiry, Moment, Moment)
        .Where((expiry, _, _) => expiry != default)
        .Sample((expiry, a, b) =>
        {
            var (earlier, later) = a <= b ? (a, b) : (b, a);
            Assert.True(EndMs(later) >= EndMs(earlier) - 1);

            double EndMs(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).TotalMilliseconds + expiry.TimeToLiveMs(now)!.Value;
        });

    [Fact]
    public void A_relative_end_wins_over_an_absolute_one()
    {
        var expiry = EntryExpiry.From(new DistributedCacheEntryOptions
        {
            AbsoluteExpiration = Now.AddDays(1),
            AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(10),
        }, Now);
        Assert.Equal(new EntryExpiry(null, Now.AddSeconds(10)), expiry);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(-9)]
    [InlineData(14)]
    [InlineData(0)]
    public void An_offset_names_the_same_instant(int hours)
    {
        var end = Now.AddSeconds(30).ToOffset(TimeSpan.FromHours(hours));
        var expiry = EntryExpiry.From(new DistributedCacheEntryOptions { AbsoluteExpiration = end }, Now);
        Assert.Equal(30_000, expiry.TimeToLiveMs(Now));
        Assert.Equal(TimeSpan.Zero, expiry.AbsoluteEnd!.Value.Offset);
    }

    [Fact]
    public void The_largest_values_there_are_do_not_overflow()
    {
        var expiry = EntryExpiry.From(new DistributedCacheEntryOptions
        {
            SlidingExpiration = TimeSpan.MaxValue,
            AbsoluteExpiration = DateTimeOffset.MaxValue,
        }, Now);
        Assert.Equal(Ttl.LastMoment, expiry.AbsoluteEnd);
        Assert.Equal(Ttl.ToMilliseconds(Ttl.LastMoment - Now), expiry.TimeToLiveMs(Now));

        var relative = EntryExpiry.From(new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue }, Now);
        Assert.Equal(Ttl.LastMoment, relative.AbsoluteEnd);
    }

    [Theory]
    [InlineData(60, 10, 10_000)]
    [InlineData(10, 60, 10_000)]
    [InlineData(10, null, 10_000)]
    [InlineData(null, 60, 60_000)]
    [InlineData(null, null, null)]
    [InlineData(10, 0, 0)]
    [InlineData(10, -1, 0)]
    public void Whichever_comes_first_ends_it(int? slidingSeconds, int? endSeconds, int? ttlMs)
    {
        TimeSpan? sliding = slidingSeconds is { } window ? TimeSpan.FromSeconds(window) : null;
        DateTimeOffset? end = endSeconds is { } seconds ? Now.AddSeconds(seconds) : null;
        Assert.Equal(ttlMs, new EntryExpiry(sliding, end).TimeToLiveMs(Now));
    }
}
