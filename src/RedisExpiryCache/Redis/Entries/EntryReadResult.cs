using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>What a read of one entry gave. The payload lives in a pooled buffer: dispose when done with it.</summary>
internal readonly struct EntryReadResult : IDisposable
{
    private readonly IDisposable? buffer;

    private EntryReadResult(EntryReadResult other, IDisposable? buffer)
    {
        this = other;
        this.buffer = buffer;
    }

    public EntryReadResult(MissReason miss) => Miss = miss;

    public EntryReadResult(DecodedEntry entry, TagGeneration[] tags, IDisposable? buffer)
    {
        (Expiry, Payload) = (entry.Expiry, entry.Payload);
        (Tags, this.buffer) = (tags, buffer);
    }

    public MissReason Miss { get; }

    public bool IsHit => Miss == MissReason.None;

    public EntryExpiry Expiry { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The tags that the entry was stored with; it counts only while each one's generation is the current one.</summary>
    public TagGeneration[] Tags => field ?? [];

    /// <summary>For whoever makes a copy of it in this process. Closed where there may be none.</summary>
    public NearFill Fill { get; init; }

    /// <summary>Where its slides are gathered; null: each is on its own.</summary>
    public NearSlide? Slide { get; init; }

    /// <summary>The same with a payload that outlasts the buffer, which is to be disposed of still.</summary>
    public EntryReadResult With(ReadOnlyMemory<byte> payload) =>
        new(new DecodedEntry(Expiry, default, payload), Tags, buffer: null) { Slide = Slide };

    /// <summary>The same for so many, of whom each disposes of it.</summary>
    public EntryReadResult SharedBy(int count) =>
        buffer is null || count == 1 ? this : new EntryReadResult(this, new SharedBuffer(buffer, count));

    public void Dispose() => buffer?.Dispose();

    private sealed class SharedBuffer(IDisposable buffer, int count) : IDisposable
    {
        private int left = count;

        public void Dispose()
        {
            if (Interlocked.Decrement(ref left) == 0)
                buffer.Dispose();
        }
    }
}
