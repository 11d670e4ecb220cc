using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using RedisExpiryCache.Expiry;

namespace RedisExpiryCache.Redis.Entries;

// FORMAT of an entry, version 2. Numbers are little-endian.
//
//   1  version    0xC0 (version 1: 0xC1); text never starts with it, so a foreign string is known as one
//   1  flags      1 sliding, 2 absolute, 4 tagged; any other bit: written by a later version
//   4  check      of version, flags, sliding and absolute, seeded by the entry's kind and full Redis key
//  [8  sliding    window in milliseconds]
//  [8  absolute   end in Unix milliseconds, the server's clock; kept for entries that slide, elsewhere the time to live says it]
//   8  check      of all that follows, seeded by the entry's kind and full Redis key, and by the flags that say how to read it (tagged)
//  [2  length     of the tag stamps, then the stamps themselves: see TagGeneration]
//   …  payload
//
// The first part can be exchanged without knowing the rest (ExpireAsync does). Both checks are seeded by kind and key, so an
// entry that was copied to another key, a value that imitates another kind, or another command's reply does not pass for this
// entry. They guard against accident, not against someone who may write to Redis. A field is added by giving it a flag; older readers
// then see a miss.
// The scripts in Scripts.cs read this layout too.
internal static class CompactEntryCodec
{
    public const byte Version = 0xC0;

    private const byte EarlierVersion = 0xC1;
    public const byte SlidingFlag = 1, AbsoluteFlag = 2, TaggedFlag = 4;

    private const int HeadCheckOffset = 2, FieldsOffset = 6, FieldSize = 8, BodyCheckSize = 8, TagLengthSize = 2;
    private const byte KnownFlags = SlidingFlag | AbsoluteFlag | TaggedFlag;

    /// <summary>The longest that an entry's first part, up to the body's check, can be.</summary>
    public const int MaximumHeadSize = FieldsOffset + 2 * FieldSize;

    /// <summary>Binds an entry to its kind and key.</summary>
    /// <remarks>Over the UTF-16 form, in which keys that UTF-8 cannot tell apart still differ.</remarks>
    public static long SeedOf(ReadOnlySpan<char> fullKey, EntryKind kind) =>
        (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(fullKey), (long)kind);

    public static int HeadSize(byte flags) =>
        FieldsOffset + ((flags & SlidingFlag) != 0 ? FieldSize : 0) + ((flags & AbsoluteFlag) != 0 ? FieldSize : 0);

    /// <summary>The flags that an expiry needs: an entry that does not slide leaves its end to Redis' own time to live.</summary>
    public static byte FlagsOf(EntryExpiry expiry) => expiry switch
    {
        { Sliding: null } => 0,
        { AbsoluteEnd: null } => SlidingFlag,
        _ => SlidingFlag | AbsoluteFlag,
    };

    public static int EncodedSize(EntryExpiry expiry, ReadOnlySpan<byte> tagStamps, long payloadLength) =>
        checked((int)(HeadSize(FlagsOf(expiry)) + BodyCheckSize + (tagStamps.IsEmpty ? 0 : TagLengthSize + tagStamps.Length) + payloadLength));

    public static void Encode(Span<byte> destination, long seed, EntryExpiry expiry, ReadOnlySpan<byte> tagStamps, in EntryPayload payload)
    {
        var headSize = EncodeHead(destination, seed, expiry, tagged: !tagStamps.IsEmpty);
        var body = destination[(headSize + BodyCheckSize)..];
        var rest = body;
        if (!tagStamps.IsEmpty)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, checked((ushort)tagStamps.Length));
            tagStamps.CopyTo(rest[TagLengthSize..]);
            rest = rest[(TagLengthSize + tagStamps.Length)..];
        }

        payload.Head.Span.CopyTo(rest);
        payload.Body.CopyTo(rest[payload.Head.Length..]);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[headSize..], XxHash3.HashToUInt64(body, BodySeed(destination[1], seed)));
    }

    /// <summary>Writes the part before the body's check, and returns its size.</summary>
    public static int EncodeHead(Span<byte> destination, long seed, EntryExpiry expiry, bool tagged)
    {
        var flags = FlagsOf(expiry);
        destination[0] = Version;
        destination[1] = tagged ? (byte)(flags | TaggedFlag) : flags;
        var offset = FieldsOffset;
        if ((flags & SlidingFlag) != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(destination[offset..], Ttl.ToMilliseconds(expiry.Sliding!.Value));
            offset += FieldSize;
        }

        if ((flags & AbsoluteFlag) != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(destination[offset..], expiry.AbsoluteEnd!.Value.ToUnixTimeMilliseconds());
            offset += FieldSize;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(destination[HeadCheckOffset..], HeadCheck(destination[..offset], seed));
        return offset;
    }

    /// <summary>Never throws, whatever the bytes: what is not this key's entry, whole and unaltered, is a miss with its reason.</summary>
    public static MissReason TryDecode(ReadOnlyMemory<byte> entry, long seed, out DecodedEntry decoded)
    {
        decoded = default;
        var bytes = entry.Span;
        var miss = TryDecodeHead(bytes, seed, out var expiry, out var headSize);
        if (miss != MissReason.None)
            return miss;

        if (bytes.Length < headSize + BodyCheckSize)
            return MissReason.Damaged;

        var bodyOffset = headSize + BodyCheckSize;
        if (XxHash3.HashToUInt64(bytes[bodyOffset..], BodySeed(bytes[1], seed)) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[headSize..]))
            return MissReason.Damaged;

        if (!TryReadTags(bytes, bodyOffset, out var stampsLength))
            return MissReason.Damaged;

        var payloadOffset = bodyOffset + (stampsLength == 0 ? 0 : TagLengthSize + stampsLength);
        decoded = new DecodedEntry(expiry, entry.Slice(payloadOffset - stampsLength, stampsLength), entry[payloadOffset..]);
        return MissReason.None;
    }

    /// <summary>Reads the part before the body's check, from an entry or from its beginning.</summary>
    public static MissReason TryDecodeHead(ReadOnlySpan<byte> bytes, long seed, out EntryExpiry expiry, out int headSize)
    {
        (expiry, headSize) = (default, 0);
        if (bytes.IsEmpty || bytes[0] != Version)
            return !bytes.IsEmpty && bytes[0] == EarlierVersion ? MissReason.UnknownVersion : MissReason.Foreign;

        if (bytes.Length < FieldsOffset)
            return MissReason.Damaged;

        var flags = bytes[1];
        headSize = HeadSize(flags);
        if (bytes.Length < headSize || HeadCheck(bytes[..headSize], seed) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeadCheckOffset..]))
            return MissReason.Damaged;

        if ((flags & ~KnownFlags) != 0)
            return MissReason.UnknownVersion;

        var fields = bytes[FieldsOffset..headSize];
        var sliding = (flags & SlidingFlag) == 0 ? null : SpanOf(BinaryPrimitives.ReadInt64LittleEndian(fields));
        var end = (flags & AbsoluteFlag) == 0 ? null : MomentOf(BinaryPrimitives.ReadInt64LittleEndian(fields[^FieldSize..]));
        if (((flags & SlidingFlag) != 0 && sliding is null) || ((flags & AbsoluteFlag) != 0 && end is null))
            return MissReason.Damaged;

        expiry = new EntryExpiry(sliding, end);
        return MissReason.None;
    }

    /// <summary>
    /// The tag stamps in the beginning of an entry whose body need not be whole. Unchecked: only for asking about the tags.
    /// </summary>
    public static ReadOnlyMemory<byte>? TagStampsOf(ReadOnlyMemory<byte> beginning, int headSize) =>
        TryReadTags(beginning.Span, headSize + BodyCheckSize, out var length)
            ? beginning.Slice(headSize + BodyCheckSize + (length == 0 ? 0 : TagLengthSize), length)
            : null;

    private static bool TryReadTags(ReadOnlySpan<byte> bytes, int bodyOffset, out int stampsLength)
    {
        stampsLength = 0;
        if ((bytes[1] & TaggedFlag) == 0)
            return true;

        if (bytes.Length < bodyOffset + TagLengthSize)
            return false;

        stampsLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[bodyOffset..]);
        return bytes.Length >= bodyOffset + TagLengthSize + stampsLength && stampsLength > 0;
    }

    // Else a head that was exchanged after its flags were damaged would make stamps of the payload, or payload of the stamps.
    private static long BodySeed(byte flags, long seed) => seed ^ (flags & TaggedFlag);

    private static uint HeadCheck(ReadOnlySpan<byte> head, long seed)
    {
        Span<byte> checkedBytes = stackalloc byte[MaximumHeadSize];
        checkedBytes[0] = head[0];
        checkedBytes[1] = head[1];
        head[FieldsOffset..].CopyTo(checkedBytes[2..]);
        return (uint)XxHash3.HashToUInt64(checkedBytes[..(head.Length - FieldsOffset + 2)], seed);
    }

    private static TimeSpan? SpanOf(long milliseconds) =>
        milliseconds is > 0 and <= long.MaxValue / TimeSpan.TicksPerMillisecond ? TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond) : null;

    private static DateTimeOffset? MomentOf(long unixMilliseconds) =>
        unixMilliseconds >= 0 && unixMilliseconds <= Ttl.LastMoment.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds)
            : null;
}

/// <summary>An entry that passed its checks. The memory is the one that was decoded.</summary>
internal readonly record struct DecodedEntry(EntryExpiry Expiry, ReadOnlyMemory<byte> TagStamps, ReadOnlyMemory<byte> Payload);
