using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.Tests.Concurrency;

public sealed class AsyncSignalTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_signal_ends_every_wait_before_its_interval_has_passed()
    {
        var signal = new AsyncSignal();
        Task[] waits = [signal.WaitAsync(Long), signal.WaitAsync(Long)];

        signal.Set();

        await Task.WhenAny(Task.WhenAll(waits), Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.All(waits, static wait => Assert.True(wait.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task A_wait_ends_without_a_signal_when_its_interval_has_passed()
    {
        var wait = new AsyncSignal().WaitAsync(TimeSpan.FromMilliseconds(1));

        await Task.WhenAny(wait, Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.True(wait.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_wait_that_begins_after_a_signal_is_not_ended_by_it()
    {
        var signal = new AsyncSignal();
        var taken = signal.Next;

        signal.Set();

        Assert.True(taken.IsCompleted);
        Assert.False(signal.Next.IsCompleted);
    }
}
