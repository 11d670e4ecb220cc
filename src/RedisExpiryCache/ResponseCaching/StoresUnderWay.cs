using System.Collections.Concurrent;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Which URLs have a response on its way into the store of which the client has already got the last byte. Without it, a client that
/// asks again at once can be sooner than our own write:
/// <code>
///   app: last byte of Content-Length ──► client ──► same URL again: a miss, though we have just said "stored"
///                                   └─► SET ……………………………………………………………… done
/// </code>
/// So the second request waits for the first one's write, in this process, for as long as one call to Redis may take.
/// </summary>
internal sealed class StoresUnderWay
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> byUrl = new(StringComparer.Ordinal);

    /// <summary>To be called before the last byte goes out. Dispose when the response is stored, or will not be.</summary>
    public IDisposable? Announce(string urlKey)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return byUrl.TryAdd(urlKey, done) ? new Announcement(this, urlKey, done) : null;
    }

    public bool Has(string urlKey) => byUrl.ContainsKey(urlKey);

    public async ValueTask WaitAsync(string urlKey, TimeSpan atMost)
    {
        if (byUrl.TryGetValue(urlKey, out var store))
            await Task.WhenAny(store.Task, Task.Delay(atMost, TimeProvider.System));
    }

    private sealed class Announcement(StoresUnderWay stores, string urlKey, TaskCompletionSource done) : IDisposable
    {
        public void Dispose()
        {
            stores.byUrl.TryRemove(new KeyValuePair<string, TaskCompletionSource>(urlKey, done));
            done.TrySetResult();
        }
    }
}
