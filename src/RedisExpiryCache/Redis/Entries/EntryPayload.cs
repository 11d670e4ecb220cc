using System.Buffers;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>What an entry holds, in two parts so that nobody has to copy them together first.</summary>
internal readonly record struct EntryPayload(ReadOnlyMemory<byte> Head, ReadOnlySequence<byte> Body)
{
    public long Length => Head.Length + Body.Length;

    public byte[] ToArray() => [.. Head.Span, .. Body.ToArray()];
}
