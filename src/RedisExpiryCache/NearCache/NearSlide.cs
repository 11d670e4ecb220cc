using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.NearCache;

/// <summary>
/// The slides of one copy. Each slide is told to all processes, which drop their copies; so reads of a copy are gathered, and Redis hears
/// of them once an eighth of the window, with the time of the last one. Then whoever has dropped its copy reads how long the entry lives by
/// now, and leaves it alone for the next eighth: however many processes read it, it is slid as often as if there were one. An entry may end
/// early by a hundredth of its window.
/// <para>Failure policy: that of the slide that it is given, which throws nothing.</para>
/// </summary>
internal sealed class NearSlide(NearCopies copies, TimeSpan window, long deadline)
{
    private const int Parts = 8;
    private const int Precision = 100;

    private readonly TimeSpan interval = window / Parts;
    private long slidAt = deadline == long.MaxValue ? copies.Time.GetTimestamp() : deadline - (long)(window.TotalSeconds * copies.Time.TimestampFrequency);
    private long lastRead;
    private int isWaiting;

    /// <summary>How much a slide has to gain.</summary>
    public static TimeSpan WorthOf(TimeSpan window) => window / Precision;

    /// <summary>The copy was read.</summary>
    /// <param name="slide">How to slide the entry as if it had been read so long ago, where that gains its second argument at
    /// least.</param>
    public void Touch(Func<TimeSpan, TimeSpan, Task> slide)
    {
        Volatile.Write(ref lastRead, copies.Time.GetTimestamp());
        if (Volatile.Read(ref isWaiting) != 0 || Interlocked.Exchange(ref isWaiting, 1) != 0)
            return;

        // It may outlive the request by far.
        using (ExecutionContextFlow.Scope())
            _ = SlideAsync(slide);
    }

    private async Task SlideAsync(Func<TimeSpan, TimeSpan, Task> slide)
    {
        var left = interval - copies.Time.GetElapsedTime(Volatile.Read(ref slidAt));
        if (left > TimeSpan.Zero)
            await copies.WaitingSlides.WaitAsync(left, copies.Time);

        if (copies.WaitingSlides.IsOver)
            return;

        Volatile.Write(ref slidAt, copies.Time.GetTimestamp());
        Volatile.Write(ref isWaiting, 0);
        await slide(copies.Time.GetElapsedTime(Volatile.Read(ref lastRead)), WorthOf(window));
    }
}

/// <summary>
/// The slides that wait. Beyond some number they do not, so that copies that come and go do not leave timers behind without end.
/// </summary>
internal sealed class WaitingSlides : IDisposable
{
    private const int Most = 20_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource end = new();
    private int count;

    /// <summary>From then on nobody slides.</summary>
    public bool IsOver { get; private set; }

    public async Task WaitAsync(TimeSpan time, TimeProvider clock)
    {
        if (Interlocked.Increment(ref count) <= Most && !IsOver)
            await Task.Delay(time < LongestWait ? time : LongestWait, clock, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        Interlocked.Decrement(ref count);
    }

    public void Dispose()
    {
        IsOver = true;
        end.Cancel();
    }
}
