using System.Collections.Concurrent;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>Keys with a write whose reply has not come, whether its caller still awaits it or not.</summary>
internal sealed class UnconfirmedWrites
{
    private readonly ConcurrentDictionary<string, int> counts = new(StringComparer.Ordinal);
    private int count;

    public bool Any => Volatile.Read(ref count) > 0;

    public bool Contains(string key) => Any && counts.ContainsKey(key);

    public void Add(string key, Task reply)
    {
        counts.AddOrUpdate(key, 1, static (_, before) => before + 1);
        Interlocked.Increment(ref count);
        _ = reply.ContinueWith(_ => Settle(key), TaskContinuationOptions.ExecuteSynchronously);
    }

    private void Settle(string key)
    {
        while (counts.TryGetValue(key, out var before))
        {
            if (before == 1 ? counts.TryRemove(new KeyValuePair<string, int>(key, 1)) : counts.TryUpdate(key, before - 1, before))
                break;
        }

        Interlocked.Decrement(ref count);
    }
}
