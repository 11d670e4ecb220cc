namespace RedisExpiryCache.Concurrency;

/// <summary>Starts work that outlives its caller without the caller's ExecutionContext: its AsyncLocals, culture and Activity.</summary>
internal static class ExecutionContextFlow
{
    private static readonly ExecutionContext Empty = CaptureEmpty();

    /// <summary>Runs it on the pool.</summary>
    public static Task<T> Run<T>(Func<Task<T>> work)
    {
        var run = new Work<T>(work);
        ExecutionContext.Run(Empty, static state => ((Work<T>)state!).Begin(), run);
        return run.Task!;
    }

    /// <summary>Runs it on the pool.</summary>
    public static Task Run(Func<Task> work) => Run(async () =>
    {
        await work();
        return true;
    });

    /// <summary>Runs it on this thread up to its first await. The work handles its own failures.</summary>
    public static void Begin(Func<Task> work) => ExecutionContext.Run(Empty, static state => _ = ((Func<Task>)state!)(), work);

    /// <summary>Until it is disposed, on this thread, awaiting does not capture the context. For hot paths: it allocates little.</summary>
    public static FlowScope Scope() => new(ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow());

    private static ExecutionContext CaptureEmpty()
    {
        ExecutionContext? empty = null;
        var thread = new Thread(() => empty = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return empty!;
    }

    private sealed class Work<T>(Func<Task<T>> work)
    {
        public Task<T>? Task { get; private set; }

        public void Begin() => Task = System.Threading.Tasks.Task.Run(work);
    }

    internal readonly struct FlowScope(AsyncFlowControl? control) : IDisposable
    {
        public void Dispose()
        {
            if (control is { } suppressed)
                suppressed.Undo();
        }
    }
}
