using System.Collections.Concurrent;

namespace RedisExpiryCache.Redis;

/// <summary>
/// A bounded memory of guesses by key. It forgets in halves: what was neither written nor read since the younger half filled up goes.
/// A lost guess costs a round trip, never a wrong answer.
/// </summary>
internal sealed class Recent<TValue>(int capacity)
    where TValue : class
{
    private volatile ConcurrentDictionary<string, TValue> young = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, TValue> old = new(StringComparer.Ordinal);

    public TValue? Find(string key)
    {
        if (young.TryGetValue(key, out var value))
            return value;

        if (!old.TryGetValue(key, out value))
            return null;

        Remember(key, value);
        return value;
    }

    public void Remember(string key, TValue value)
    {
        var current = young;
        current[key] = value;
        if (current.Count >= capacity / 2 && Interlocked.CompareExchange(ref young, new(StringComparer.Ordinal), current) == current)
            old = current;
    }

    public void Forget(string key)
    {
        young.TryRemove(key, out _);
        old.TryRemove(key, out _);
    }
}
