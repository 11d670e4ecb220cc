using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Storage;

// FORMAT of a stored response, version 5: the payload of an entry (see CompactEntryCodec, which checks its integrity). Little-endian.
//
//   1  version                       5
//   2  flags                         see Flags
//   2  status
//   8  response time                 ticks, UTC
//   8  Date                          ticks, UTC
//   8  making time                   ticks
//  [8  corrected initial age         ticks; each in brackets is there if its flag is: most responses have few of them, and Redis' memory goes in steps]
//  [8  freshness lifetime            ticks]
//  [8  stale-while-revalidate        ticks]
//  [8  stale-if-error                ticks]
//  [8  Last-Modified                 ticks, UTC]
//  [24 of a part: its first byte, its last byte, the complete length]
//   2  number of field lines, then for each: 2 length of the name, name in ASCII, 2 length of the value (65535: 4 more say it),
//      value in ASCII; a length of the name from 65280 on stands for one of CommonNames, counted from there, and no name follows
//   …  body
//
// A field with several lines stands there once a line. Something new is added by a new version; older readers then see a miss.
//
// What decodes can be sent: Kestrel refuses a status, a field or a body length that HTTP does not have, and would answer each hit
// with 500. So the decoder checks all of it; FieldLines.CanHold keeps the encoder from writing what the decoder refuses.
internal static class CachedResponseCodec
{
    private const byte Version = 5;
    private const int FixedSize = 29, LongestHead = FixedSize + (8 * 8) + 2;

    [Flags]
    private enum Flags : ushort
    {
        MustRevalidate = 1,
        HasLifetime = 2,
        HasLastModified = 4,
        AllowsEverybody = 8,
        AllowsAuthorization = 16,
        NoCache = 32,
        IsETagOurs = 64,
        IsPart = 128,
        HasStaleWhileRevalidate = 256,
        HasStaleIfError = 512,
        IsCacheControlOurs = 1024,
        HasInitialAge = 2048,
    }

    /// <summary>Which numbers there are, in their order; those without a flag always.</summary>
    private static ReadOnlySpan<Flags> NumberFlags =>
    [
        0, 0, 0, Flags.HasInitialAge, Flags.HasLifetime, Flags.HasStaleWhileRevalidate, Flags.HasStaleIfError, Flags.HasLastModified,
        Flags.IsPart, Flags.IsPart, Flags.IsPart,
    ];

    public static ReadOnlyMemory<byte> EncodeHead(CachedResponse response)
    {
        var rules = response.Rules;
        var flags = FlagsOf(rules);
        var part = rules.Part ?? default;
        var head = new ArrayBufferWriter<byte>(1024);
        var bytes = head.GetSpan(LongestHead);
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[1..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[3..], (ushort)rules.StatusCode);
        var size = 5;
        ReadOnlySpan<long> numbers =
        [
            rules.ResponseTime.UtcTicks, rules.Date.UtcTicks,
            TicksOf(rules.MakingTime), TicksOf(rules.CorrectedInitialAge), TicksOf(rules.FreshnessLifetime),
            TicksOf(rules.StaleWhileRevalidate), TicksOf(rules.StaleIfError), rules.LastModified?.UtcTicks ?? 0,
            part.Range.First, part.Range.Last, part.CompleteLength,
        ];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!flags.HasFlag(NumberFlags[i]))
                continue;

            BinaryPrimitives.WriteInt64LittleEndian(bytes[size..], numbers[i]);
            size += 8;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(bytes[size..], checked((ushort)response.Fields.Sum(static field => field.Value.Count)));
        head.Advance(size + 2);
        foreach (var (name, lines) in response.Fields)
        {
            foreach (var line in lines)
                FieldLines.Write(head, name, line ?? "");
        }

        return head.WrittenMemory;
    }

    /// <summary>Null when the bytes are no stored response; never throws.</summary>
    public static (CachedResponse Response, ReadOnlyMemory<byte> Body)? TryDecode(ReadOnlyMemory<byte> payload)
    {
        var rest = payload.Span;
        if (rest.Length < FixedSize || rest[0] != Version || TryReadRules(ref rest) is not { } rules
            || !FieldLines.TryTake(ref rest, 2, out var count)
            || FieldLines.TryRead(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(count)) is not { } fields)
            return null;

        if (!IsPossible(rules, rest.Length))
            return null;

        var etag = CachedResponse.ValueIn(fields, "ETag");
        return (new CachedResponse(fields, rules with { ETag = etag, BodyLength = rest.Length }), payload[^rest.Length..]);
    }

    /// <summary>Why <see cref="TryDecode"/> found no response.</summary>
    public static MissReason MissOf(ReadOnlySpan<byte> payload) =>
        payload.IsEmpty || payload[0] == Version ? MissReason.Damaged : MissReason.UnknownVersion;

    private static StoredResponse? TryReadRules(ref ReadOnlySpan<byte> bytes)
    {
        var flags = (Flags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        var status = BinaryPrimitives.ReadUInt16LittleEndian(bytes[3..]);
        bytes = bytes[5..];
        Span<long> numbers = stackalloc long[NumberFlags.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!flags.HasFlag(NumberFlags[i]))
                continue;

            if (!FieldLines.TryTake(ref bytes, 8, out var number))
                return null;

            numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(number);
        }

        foreach (var span in numbers[2..7])
        {
            if (span < 0 || span > DeltaSeconds.Max.Ticks)
                return null;
        }

        if (MomentOf(numbers[0]) is not { } responseTime || MomentOf(numbers[1]) is not { } date || MomentOf(numbers[7]) is not { } lastModified)
            return null;

        return new StoredResponse
        {
            StatusCode = status,
            ResponseTime = responseTime,
            Date = date,
            MakingTime = TimeSpan.FromTicks(numbers[2]),
            CorrectedInitialAge = TimeSpan.FromTicks(numbers[3]),
            FreshnessLifetime = flags.HasFlag(Flags.HasLifetime) ? TimeSpan.FromTicks(numbers[4]) : null,
            StaleWhileRevalidate = flags.HasFlag(Flags.HasStaleWhileRevalidate) ? TimeSpan.FromTicks(numbers[5]) : null,
            StaleIfError = flags.HasFlag(Flags.HasStaleIfError) ? TimeSpan.FromTicks(numbers[6]) : null,
            LastModified = flags.HasFlag(Flags.HasLastModified) ? lastModified : null,
            Part = flags.HasFlag(Flags.IsPart) ? new StoredRange(new ByteRange(numbers[8], numbers[9]), numbers[10]) : null,
            NoCache = flags.HasFlag(Flags.NoCache),
            MustRevalidate = flags.HasFlag(Flags.MustRevalidate),
            AllowsEverybody = flags.HasFlag(Flags.AllowsEverybody),
            AllowsAuthorization = flags.HasFlag(Flags.AllowsAuthorization),
            IsETagOurs = flags.HasFlag(Flags.IsETagOurs),
            IsCacheControlOurs = flags.HasFlag(Flags.IsCacheControlOurs),
        };
    }

    /// <summary>A status that is stored, with a body that can be sent with it, and a part that lies within its whole.</summary>
    private static bool IsPossible(StoredResponse rules, int bodyLength) =>
        rules.StatusCode is >= 200 and <= 599 and not 304
        && (bodyLength == 0 || rules.StatusCode is not (204 or 205))
        && (rules.Part is not { } part
            || (rules.StatusCode == 206 && part.Range.First >= 0 && part.Range.First <= part.Range.Last
                && part.Range.Last < part.CompleteLength && bodyLength <= part.Range.Length));

    private static long TicksOf(TimeSpan? span) => DeltaSeconds.Clamp(span ?? TimeSpan.Zero).Ticks;

    private static Flags FlagsOf(StoredResponse rules) =>
        (rules.MustRevalidate ? Flags.MustRevalidate : 0)
        | (rules.FreshnessLifetime is null ? 0 : Flags.HasLifetime)
        | (rules.LastModified is null ? 0 : Flags.HasLastModified)
        | (rules.AllowsEverybody ? Flags.AllowsEverybody : 0)
        | (rules.AllowsAuthorization ? Flags.AllowsAuthorization : 0)
        | (rules.NoCache ? Flags.NoCache : 0)
        | (rules.IsETagOurs ? Flags.IsETagOurs : 0)
        | (rules.IsCacheControlOurs ? Flags.IsCacheControlOurs : 0)
        | (rules.Part is null ? 0 : Flags.IsPart)
        | (rules.StaleWhileRevalidate is null ? 0 : Flags.HasStaleWhileRevalidate)
        | (rules.StaleIfError is null ? 0 : Flags.HasStaleIfError)
        | (rules.CorrectedInitialAge == TimeSpan.Zero ? 0 : Flags.HasInitialAge);

    private static DateTimeOffset? MomentOf(long ticks) =>
        ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
