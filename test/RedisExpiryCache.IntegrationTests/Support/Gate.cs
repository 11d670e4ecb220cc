namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Open, or closed until somebody opens it.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource _open = Opened();

    public void Close()
    {
        if (_open.Task.IsCompleted)
        {
            _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Open() => _open.TrySetResult();

    public Task PassAsync(CancellationToken token) => _open.Task.WaitAsync(token);

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }
}
