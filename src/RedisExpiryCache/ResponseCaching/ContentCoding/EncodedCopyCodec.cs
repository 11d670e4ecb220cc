using System.IO.Hashing;

namespace RedisExpiryCache.ResponseCaching.ContentCoding;

// FORMAT of a coded copy, version 1: the payload of an entry, which checks its integrity (see CompactEntryCodec), beside that of the plain
// response and stamped like it.
//
//   1  version      1
//   16 fingerprint  of the plain body that it was made from
//   …  the body in the coding; nothing, where that would be no shorter than the plain one
internal static class EncodedCopyCodec
{
    private const byte Version = 1;
    private const int HeadSize = 17;

    /// <summary>Of a plain body.</summary>
    public static UInt128 FingerprintOf(ReadOnlyMemory<byte> body) => XxHash128.HashToUInt128(body.Span);

    public static ReadOnlyMemory<byte> EncodeHead(UInt128 fingerprint)
    {
        var head = new byte[HeadSize];
        head[0] = Version;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(head.AsSpan(1), fingerprint);
        return head;
    }

    /// <summary>
    /// The body in the coding. False where it was made from another plain body, or the bytes are something else. Never throws.
    /// </summary>
    public static bool TryDecode(ReadOnlyMemory<byte> payload, UInt128 fingerprint, out ReadOnlyMemory<byte> body)
    {
        var isOfThisBody = payload.Span.StartsWith(EncodeHead(fingerprint).Span);
        body = isOfThisBody ? payload[HeadSize..] : default;
        return isOfThisBody;
    }
}
