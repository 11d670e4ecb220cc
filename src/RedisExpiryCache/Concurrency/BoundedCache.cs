using System.Collections.Concurrent;

namespace RedisExpiryCache.Concurrency;

/// <summary>
/// A bounded memory of guesses by key. It forgets in halves: what was neither written nor read since the younger half filled up goes.
/// A lost guess costs a round trip, never a wrong answer.
/// </summary>
internal class BoundedCache<TKey, TValue>(int capacity, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
    where TValue : class
{
    private volatile Half young = new(comparer);
    private volatile Half old = new(comparer);

    public TValue? Find(TKey key)
    {
        if (young.Values.TryGetValue(key, out var value))
            return value;

        if (old.Values.TryGetValue(key, out value))
            Remember(key, value);

        return value;
    }

    public void Remember(TKey key, TValue value)
    {
        var current = young;
        if (!current.Values.TryAdd(key, value))
            current.Values[key] = value;
        else if (Interlocked.Increment(ref current.Count) == capacity / 2)
            (old, young) = (current, new Half(comparer));
    }

    /// <summary>The dictionary's own Count takes all its locks.</summary>
    private sealed class Half(IEqualityComparer<TKey>? comparer)
    {
        public readonly ConcurrentDictionary<TKey, TValue> Values = new(comparer);
        public int Count;
    }
}

/// <inheritdoc cref="BoundedCache{TKey, TValue}" />
internal sealed class BoundedCache<TValue>(int capacity) : BoundedCache<string, TValue>(capacity, StringComparer.Ordinal)
    where TValue : class;
