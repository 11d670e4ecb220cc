using System.Diagnostics;

namespace RedisExpiryCache.Concurrency;

/// <summary>Tells a reply that Redis did not send from one that no thread of the pool was free to process.</summary>
/// <remarks>A timeout of the second kind says nothing about Redis, so it does not count for the circuit breaker.</remarks>
internal static class ThreadPoolStarvation
{
    private const string Mark = "RedisExpiryCache.PoolStarvation";

    /// <summary>How late a timer may be on a busy machine: timers, as replies, are processed by the pool.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether a timer has come so late that the pool must have been busy.</summary>
    /// <param name="dueAt">A timestamp of <see cref="Stopwatch"/>.</param>
    public static bool IsOverdue(long dueAt) => Stopwatch.GetElapsedTime(dueAt) > Lateness;

    public static bool IsCauseOf(Exception failure) => failure.Data.Contains(Mark);

    public static TException Marked<TException>(TException failure)
        where TException : Exception
    {
        failure.Data[Mark] = true;
        return failure;
    }
}

/// <summary>A work item that measures how long the pool takes to run what is queued.</summary>
/// <remarks>A reply needs several work items one after the other: to send the command, read the socket, process the reply.</remarks>
internal sealed class ThreadPoolProbe : IThreadPoolWorkItem
{
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(50);

    private readonly long queuedAt = Stopwatch.GetTimestamp();
    private volatile bool wasPrompt;

    /// <summary>Whether it ran at once.</summary>
    public bool WasPrompt => wasPrompt;

    public static ThreadPoolProbe Queue()
    {
        var probe = new ThreadPoolProbe();
        ThreadPool.UnsafeQueueUserWorkItem(probe, preferLocal: false);
        return probe;
    }

    void IThreadPoolWorkItem.Execute() => wasPrompt = Stopwatch.GetElapsedTime(queuedAt) < Prompt;
}
