namespace RedisExpiryCache.Concurrency;

/// <summary>Work that follows a call in the background, such as the slide of an entry that was read.</summary>
/// <remarks>
/// In production nothing awaits it. A test that advances its clock after a call needs it done before the call returns: the server would
/// otherwise execute it at the later time. See docs/design/testing-package.md.
/// </remarks>
internal sealed class BackgroundWork
{
    private readonly Lock gate = new();
    private readonly HashSet<Task> running = [];

    /// <param name="work">It handles its own failures.</param>
    public void Add(Task work)
    {
        if (work.IsCompleted)
            return;

        lock (gate)
            running.Add(work);
    }

    /// <summary>Completes when all work that was added before has ended.</summary>
    public async Task WhenEndedAsync()
    {
        Task[] before;
        lock (gate)
            before = [.. running];

        await Task.WhenAll(before);
        lock (gate)
            running.ExceptWith(before);
    }

    /// <summary>The result of a call, once the work that follows it has ended.</summary>
    public async ValueTask<T> AfterAsync<T>(ValueTask<T> call)
    {
        var result = await call;
        await WhenEndedAsync();
        return result;
    }
}
