using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.NearCache;

namespace RedisExpiryCache.Tests.NearCache;

/// <summary>Reads of a copy that slides are told to Redis once an eighth of the window, with the time of the last one.</summary>
public sealed class NearSlideTests : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(80);

    private readonly FakeTimeProvider time = new();
    private readonly NearCopies copies;
    private readonly List<(TimeSpan ReadBefore, TimeSpan Worth)> slides = [];

    public NearSlideTests() => copies = new NearCopies(["app:"], sizeLimit: 1_000_000, time);

    public void Dispose() => copies.Dispose();

    [Fact]
    public void An_entry_that_has_just_been_slid_is_left_alone_for_an_eighth_of_its_window()
    {
        var slide = SlideOf(left: Window);
        Touch(slide);
        time.Advance(TimeSpan.FromSeconds(4));
        Touch(slide);
        time.Advance(TimeSpan.FromSeconds(5.9));
        Assert.Empty(slides);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal([(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(0.8))], slides);
    }

    [Fact]
    public void One_that_was_slid_longer_ago_is_slid_at_once()
    {
        Touch(SlideOf(left: TimeSpan.FromSeconds(70)));
        Assert.Equal([(TimeSpan.Zero, TimeSpan.FromSeconds(0.8))], slides);
    }

    [Fact]
    public void However_often_it_is_read_it_is_slid_once_an_eighth()
    {
        var slide = SlideOf(left: TimeSpan.FromSeconds(10));
        for (var i = 0; i < 800; i++)
        {
            Touch(slide);
            time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.InRange(slides.Count, 7, 9);
    }

    [Fact]
    public void What_is_read_no_more_is_slid_no_more()
    {
        var slide = SlideOf(left: Window);
        Touch(slide);
        time.Advance(TimeSpan.FromSeconds(1000));
        Assert.Single(slides);
    }

    [Fact]
    public void Slides_that_are_too_many_to_wait_are_made_at_once()
    {
        for (var i = 0; i < 20_000; i++)
            Touch(SlideOf(left: Window));

        Assert.Empty(slides);
        Touch(SlideOf(left: Window));
        Assert.Single(slides);
    }

    [Fact]
    public void When_the_cache_is_disposed_of_nothing_waits_and_nothing_is_slid_any_more()
    {
        Touch(SlideOf(left: Window));
        copies.Dispose();
        time.Advance(TimeSpan.FromSeconds(1000));
        Assert.Empty(slides);
    }

    private NearSlide SlideOf(TimeSpan left)
    {
        copies.TrustUntil(long.MaxValue);
        return copies.Begin("app:key").EndingIn(left).SlideOf(Window)!;
    }

    private void Touch(NearSlide slide) => slide.Touch((readBefore, worth) =>
    {
        slides.Add((readBefore, worth));
        return Task.CompletedTask;
    });
}
