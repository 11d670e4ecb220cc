using System.Collections.Concurrent;

namespace RedisExpiryCache.Redis;

/// <summary>
/// A bounded memory of guesses by key. It forgets in halves: what was neither written nor read since the younger half filled up goes.
/// A lost guess costs a round trip, never a wrong answer.
/// </summary>
internal sealed class Recent<TValue>(int capacity)
    where TValue : class
{
    private volatile Half young = new();
    private volatile Half old = new();

    public TValue? Find(string key)
    {
        if (young.Values.TryGetValue(key, out var value))
            return value;

        if (old.Values.TryGetValue(key, out value))
            Remember(key, value);

        return value;
    }

    public void Remember(string key, TValue value)
    {
        var current = young;
        if (!current.Values.TryAdd(key, value))
            current.Values[key] = value;
        else if (Interlocked.Increment(ref current.Count) == capacity / 2)
            (old, young) = (current, new Half());
    }

    /// <summary>The dictionary's own Count takes all its locks.</summary>
    private sealed class Half
    {
        public readonly ConcurrentDictionary<string, TValue> Values = new(StringComparer.Ordinal);
        public int Count;
    }
}
