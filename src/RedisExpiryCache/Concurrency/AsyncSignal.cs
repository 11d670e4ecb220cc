namespace RedisExpiryCache.Concurrency;

/// <summary>Wakes every loop that waits for its interval to pass.</summary>
internal sealed class AsyncSignal
{
    private volatile TaskCompletionSource next = New();

    /// <summary>Completes with the next <see cref="Set"/>.</summary>
    /// <remarks>A loop that takes it before its work misses no signal that comes meanwhile.</remarks>
    public Task Next => next.Task;

    public void Set() => Interlocked.Exchange(ref next, New()).TrySetResult();

    /// <summary>Completes with the next <see cref="Set"/>, at the latest after the interval.</summary>
    public Task WaitAsync(TimeSpan interval) => WaitAsync(Next, interval);

    /// <summary>Completes with the signal, at the latest after the interval.</summary>
    public static async Task WaitAsync(Task signal, TimeSpan interval)
    {
        using var done = new CancellationTokenSource();
        await Task.WhenAny(signal, Task.Delay(interval, TimeProvider.System, done.Token));
        await done.CancelAsync();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
