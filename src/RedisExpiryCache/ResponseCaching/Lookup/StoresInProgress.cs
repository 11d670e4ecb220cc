using System.Collections.Concurrent;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>Targets whose response this process is storing, with its last byte on the way to its client.</summary>
/// <remarks>
/// Without it, the client's next request can be sooner than our own write:
/// <code>
///   origin: last byte captured ──► client ──► same target again: a miss, though the answer said "stored"
///                             └─► SET …………………………………………………………………… done
/// </code>
/// So a request for the same target waits for the write, in this process, for as long as one call to Redis may take. It never waits for
/// a client: the write begins when the last byte is captured (<see cref="EarlyStore"/>).
/// </remarks>
internal sealed class StoresInProgress
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> byTarget = new(StringComparer.Ordinal);

    /// <summary>To be called before the last byte is sent. Dispose when the response is stored, or will not be.</summary>
    public IDisposable? Announce(string target)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return byTarget.TryAdd(target, done) ? new Announcement(this, target, done) : null;
    }

    public bool Has(string target) => byTarget.ContainsKey(target);

    public async ValueTask WaitAsync(string target, TimeSpan atMost)
    {
        if (byTarget.TryGetValue(target, out var store))
            await Task.WhenAny(store.Task, Task.Delay(atMost, TimeProvider.System));
    }

    private sealed class Announcement(StoresInProgress stores, string target, TaskCompletionSource done) : IDisposable
    {
        public void Dispose()
        {
            stores.byTarget.TryRemove(new KeyValuePair<string, TaskCompletionSource>(target, done));
            done.TrySetResult();
        }
    }
}
