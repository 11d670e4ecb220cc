namespace RedisExpiryCache.Testing;

/// <summary>Keys with their values and ends. A value is a string (<c>byte[]</c>), a hash or a list.</summary>
/// <remarks>
/// A key is gone in the millisecond in which its time is over. Redis keeps it for that millisecond, which no real clock shows; with a
/// clock that a test sets, 60 seconds after a write with 60 seconds would still be a hit.
/// </remarks>
internal sealed class Keyspace(TimeProvider time)
{
    private const int WritesBetweenSweeps = 1_000;

    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    private int writes;

    private sealed record Entry(object Value, long? EndMs);

    public DateTimeOffset Now => time.GetUtcNow();

    public string[] Names
    {
        get
        {
            Sweep();
            return [.. entries.Keys];
        }
    }

    private long NowMs => Now.ToUnixTimeMilliseconds();

    public bool Exists(string key) => Find(key) is not null;

    /// <exception cref="CommandException">The key holds a value of another type.</exception>
    public T? Get<T>(string key)
        where T : class =>
        Find(key)?.Value switch
        {
            null => null,
            T value => value,
            _ => throw CommandException.WrongType(),
        };

    public string TypeOf(string key) => Find(key)?.Value switch
    {
        null => "none",
        byte[] => "string",
        Dictionary<string, byte[]> => "hash",
        _ => "list",
    };

    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="ttlMs">Null: it never expires.</param>
    public void Set(string key, object value, long? ttlMs)
    {
        entries[key] = new Entry(value, EndAfter(ttlMs));
        if (++writes % WritesBetweenSweeps == 0)
            Sweep();
    }

    /// <summary>A hash to change in place; a new one if there is none.</summary>
    public Dictionary<string, byte[]> HashToChange(string key)
    {
        var hash = Get<Dictionary<string, byte[]>>(key);
        if (hash is null)
            Set(key, hash = new Dictionary<string, byte[]>(StringComparer.Ordinal), ttlMs: null);

        return hash;
    }

    public bool Remove(string key) => Exists(key) && entries.Remove(key);

    /// <summary>As PTTL: -1 for a key without an end, -2 for none.</summary>
    public long TimeToLiveMs(string key) => Find(key) switch
    {
        null => -2,
        { EndMs: { } end } => end - NowMs,
        _ => -1,
    };

    public bool Expire(string key, long ttlMs)
    {
        if (Find(key) is not { } entry)
            return false;

        entries[key] = entry with { EndMs = EndAfter(ttlMs) };
        return true;
    }

    public bool Persist(string key)
    {
        if (Find(key) is not { EndMs: not null } entry)
            return false;

        entries[key] = entry with { EndMs = null };
        return true;
    }

    /// <summary>Removes keys that have ended, because most are never read again.</summary>
    private void Sweep()
    {
        var now = NowMs;
        foreach (var (key, entry) in entries)
        {
            if (entry.EndMs <= now)
                entries.Remove(key);
        }
    }

    private Entry? Find(string key)
    {
        if (!entries.TryGetValue(key, out var entry))
            return null;

        if (entry.EndMs is not { } end || NowMs < end)
            return entry;

        entries.Remove(key);
        return null;
    }

    /// <exception cref="CommandException">The end is later than a number of milliseconds can say.</exception>
    private long? EndAfter(long? ttlMs)
    {
        if (ttlMs is not { } ttl)
            return null;

        return ttl <= long.MaxValue - NowMs ? NowMs + ttl : throw new CommandException("ERR invalid expire time");
    }
}
