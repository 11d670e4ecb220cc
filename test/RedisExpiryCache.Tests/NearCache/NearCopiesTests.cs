using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.NearCache;

namespace RedisExpiryCache.Tests.NearCache;

/// <summary>What is kept, found and dropped, race by race, without a server.</summary>
public sealed class NearCopiesTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly NearCopies copies;

    public NearCopiesTests()
    {
        copies = new NearCopies(["app:"], sizeLimit: 10_000, time);
        Trust(TimeSpan.FromHours(1));
    }

    public void Dispose() => copies.Dispose();

    [Fact]
    public void What_was_put_is_found()
    {
        Assert.True(copies.Begin("app:key").TryPut("value", size: 10));
        Assert.Equal("value", copies.Find<string>("app:key"));
        Assert.Null(copies.Find<object[]>("app:key"));
        Assert.Null(copies.Find<string>("app:other"));
    }

    [Fact]
    public void A_read_that_began_before_a_change_and_ends_after_it_is_not_kept()
    {
        var fill = copies.Begin("app:key");
        copies.Drop("app:key");
        Assert.False(fill.TryPut("old", size: 10));
        Assert.Null(copies.Find<string>("app:key"));
        Assert.True(copies.Begin("app:key").TryPut("new", size: 10));
    }

    [Fact]
    public void Nor_one_that_began_before_everything_changed()
    {
        var fill = copies.Begin("app:key");
        copies.Begin("app:other").TryPut("other", size: 10);
        copies.DropAll();
        Assert.False(fill.TryPut("old", size: 10));
        Assert.Null(copies.Find<string>("app:key"));
        Assert.Null(copies.Find<string>("app:other"));
    }

    [Fact]
    public void A_change_of_one_key_leaves_copies_of_others()
    {
        for (var i = 0; i < 10; i++)
            copies.Begin($"app:{i}").TryPut("value", size: 1);

        copies.Drop("app:3");
        Assert.Equal(9, Enumerable.Range(0, 10).Count(i => copies.Find<string>($"app:{i}") is not null));
    }

    [Fact]
    public void Nothing_is_found_or_begun_once_trust_is_over_and_what_was_there_is_found_when_it_is_back()
    {
        copies.Begin("app:key").TryPut("value", size: 10);
        Trust(TimeSpan.FromMilliseconds(900));
        time.Advance(TimeSpan.FromMilliseconds(899));
        Assert.Equal("value", copies.Find<string>("app:key"));
        Assert.True(copies.Begin("app:key").IsOpen);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(copies.Find<string>("app:key"));
        Assert.False(copies.Begin("app:key").IsOpen);
        Trust(TimeSpan.FromSeconds(1));
        Assert.Equal("value", copies.Find<string>("app:key"));
        copies.Distrust();
        Assert.False(copies.IsTrusted);
        Assert.Null(copies.Find<string>("app:key"));
    }

    [Fact]
    public void A_copy_ends_when_its_key_does_counted_from_before_redis_was_asked()
    {
        var fill = copies.Begin("app:key");
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(fill.EndingIn(TimeSpan.FromSeconds(10)).TryPut("value", size: 10));
        time.Advance(TimeSpan.FromMilliseconds(6999));
        Assert.Equal("value", copies.Find<string>("app:key"));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(copies.Find<string>("app:key"));
    }

    [Fact]
    public void A_key_without_an_end_has_a_copy_without_one()
    {
        copies.Begin("app:key").EndingIn(null).TryPut("value", size: 10);
        copies.Begin("app:far").EndingIn(TimeSpan.MaxValue).TryPut("value", size: 10);
        Trust(TimeSpan.FromDays(1000));
        time.Advance(TimeSpan.FromDays(900));
        Assert.Equal("value", copies.Find<string>("app:key"));
        Assert.Equal("value", copies.Find<string>("app:far"));
    }

    [Fact]
    public void Keys_of_which_redis_does_not_tell_are_not_kept()
    {
        Assert.False(copies.Begin("elsewhere:key").IsOpen);
        Assert.False(default(NearFill).TryPut("value", size: 10));
        Assert.Null(default(NearFill).EndingIn(TimeSpan.FromSeconds(1)).SlideOf(TimeSpan.FromSeconds(1)));
    }

    /// <summary>Not as attributes: these are stored as UTF-8, which has no halves.</summary>
    [Fact]
    public void A_key_that_redis_would_call_by_another_name_is_not_kept()
    {
        Assert.True(copies.Begin("app:\uD83D\uDE00").IsOpen);
        Assert.True(copies.Begin("app:\uFFFD").IsOpen);
        string[] halves = ["app:\uD83D", "app:\uD83D of a pair", "app:other half \uDE00", "app:\uDE00\uD83D", "app:\uD83D\uDE00\uD83D\uDE00\uD83D", "app:\uD83D\uD83D\uDE00"];
        Assert.All(halves, key => Assert.False(copies.Begin(key).IsOpen));
    }

    [Fact]
    public void A_value_that_takes_more_than_its_share_is_not_kept()
    {
        Assert.True(copies.Begin("app:key").IsOpenTo(500));
        Assert.False(copies.Begin("app:key").IsOpenTo(501));
        Assert.False(default(NearFill).IsOpenTo(1));
    }

    [Fact]
    public void The_limit_counts_keys_and_bookkeeping_and_is_never_passed()
    {
        for (var i = 0; i < 1000; i++)
        {
            copies.Begin($"app:{i}").TryPut("", size: 0);
            Assert.InRange(copies.Size, 0, 10_000);
        }

        Assert.True(copies.Size >= 400);
        Assert.False(copies.Begin("app:" + new string('k', 5000)).TryPut("", size: 0));
        Assert.False(copies.Begin("app:large").TryPut("", size: 10_000));
    }

    private void Trust(TimeSpan span) => copies.TrustUntil(time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency));
}
