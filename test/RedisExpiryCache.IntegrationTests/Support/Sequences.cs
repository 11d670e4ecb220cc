using System.Buffers;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Values in several pieces, as pipelines hand them over.</summary>
internal static class Sequences
{
    public static ReadOnlySequence<byte> InPieces(byte[] bytes, int size)
    {
        var end = new Piece(default, null, bytes.Length);
        var first = end;
        for (var at = (bytes.Length - 1) / size * size; at >= 0; at -= size)
        {
            first = new Piece(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), first, at);
        }

        return new ReadOnlySequence<byte>(first, 0, end, 0);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? next, long index) => (Memory, Next, RunningIndex) = (memory, next, index);
    }
}
