using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

// FORMAT of a stored response, version 3: the payload of an entry (see RedisEntry, which checks its integrity). Little-endian.
//
//   1  version                       3
//   2  flags                         see Flags
//   2  status
//   8  response time                 ticks, UTC
//   8  corrected initial age         ticks
//   8  freshness lifetime            ticks
//   8  stale-while-revalidate        ticks
//   8  stale-if-error                ticks
//   8  Date                          ticks, UTC
//   8  Last-Modified                 ticks, UTC
//   8  making time                   ticks
//   24 of a part: its first byte, its last byte, the complete length
//   2  number of field lines, then for each: 2 length of the name, name in ASCII, 4 length of the value, value in UTF-8
//   …  body
//
// A field with several lines stands there once a line. Something new is added by a new version; older readers then see a miss.
internal static class CachedResponseFormat
{
    private const byte Version = 3;
    private const int FixedSize = 95;
    private const int TimesAt = 5, PartAt = 69, CountAt = 93;

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
    }

    public static ReadOnlyMemory<byte> EncodeHead(CachedResponse response)
    {
        var rules = response.Rules;
        var part = rules.Part ?? default;
        var head = new ArrayBufferWriter<byte>(1024);
        var fixedPart = head.GetSpan(FixedSize);
        fixedPart[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[1..], (ushort)FlagsOf(rules));
        BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[3..], (ushort)rules.StatusCode);
        ReadOnlySpan<long> numbers =
        [
            rules.ResponseTime.UtcTicks, rules.CorrectedInitialAge.Ticks, rules.FreshnessLifetime?.Ticks ?? 0, rules.StaleWhileRevalidate?.Ticks ?? 0,
            rules.StaleIfError?.Ticks ?? 0, rules.Date.UtcTicks, rules.LastModified?.UtcTicks ?? 0, rules.MakingTime.Ticks,
            part.Range.First, part.Range.Last, part.CompleteLength,
        ];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(fixedPart[(TimesAt + (8 * i))..], numbers[i]);

        BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[CountAt..], checked((ushort)response.Fields.Sum(static field => field.Value.Count)));
        head.Advance(FixedSize);
        foreach (var (name, lines) in response.Fields)
        {
            foreach (var line in lines)
                WriteLine(head, name, line ?? "");
        }

        return head.WrittenMemory;
    }

    /// <summary>Null when the bytes are no stored response; never throws.</summary>
    public static (CachedResponse Response, ReadOnlyMemory<byte> Body)? TryDecode(ReadOnlyMemory<byte> payload)
    {
        var bytes = payload.Span;
        if (bytes.Length < FixedSize || bytes[0] != Version)
            return null;

        var rest = bytes[FixedSize..];
        if (TryReadFields(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(bytes[CountAt..])) is not { } fields || TryReadRules(bytes) is not { } rules)
            return null;

        var response = new CachedResponse(fields, rules);
        return (response with { Rules = rules with { ETag = response["ETag"], BodyLength = rest.Length } }, payload[^rest.Length..]);
    }

    private static StoredResponse? TryReadRules(ReadOnlySpan<byte> bytes)
    {
        var flags = (Flags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        var times = bytes[TimesAt..];
        if (MomentAt(times) is not { } responseTime || MomentAt(times[40..]) is not { } date || MomentAt(times[48..]) is not { } lastModified)
            return null;

        return new StoredResponse
        {
            StatusCode = BinaryPrimitives.ReadUInt16LittleEndian(bytes[3..]),
            ResponseTime = responseTime,
            CorrectedInitialAge = SpanAt(times[8..]),
            FreshnessLifetime = flags.HasFlag(Flags.HasLifetime) ? SpanAt(times[16..]) : null,
            StaleWhileRevalidate = flags.HasFlag(Flags.HasStaleWhileRevalidate) ? SpanAt(times[24..]) : null,
            StaleIfError = flags.HasFlag(Flags.HasStaleIfError) ? SpanAt(times[32..]) : null,
            MakingTime = SpanAt(times[56..]),
            NoCache = flags.HasFlag(Flags.NoCache),
            MustRevalidate = flags.HasFlag(Flags.MustRevalidate),
            AllowsEverybody = flags.HasFlag(Flags.AllowsEverybody),
            AllowsAuthorization = flags.HasFlag(Flags.AllowsAuthorization),
            Part = flags.HasFlag(Flags.IsPart) ? PartIn(bytes[PartAt..]) : null,
            IsETagOurs = flags.HasFlag(Flags.IsETagOurs),
            IsCacheControlOurs = flags.HasFlag(Flags.IsCacheControlOurs),
            Date = date,
            LastModified = flags.HasFlag(Flags.HasLastModified) ? lastModified : null,
        };
    }

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
        | (rules.StaleIfError is null ? 0 : Flags.HasStaleIfError);

    private static Part PartIn(ReadOnlySpan<byte> bytes) => new(
        new ByteRange(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));

    private static void WriteLine(ArrayBufferWriter<byte> head, string name, string line)
    {
        var maximum = 6 + name.Length + Encoding.UTF8.GetMaxByteCount(line.Length);
        var span = head.GetSpan(maximum);
        BinaryPrimitives.WriteUInt16LittleEndian(span, checked((ushort)name.Length));
        Encoding.ASCII.GetBytes(name, span[2..]);
        var length = Encoding.UTF8.GetBytes(line, span[(6 + name.Length)..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[(2 + name.Length)..], length);
        head.Advance(6 + name.Length + length);
    }

    private static KeyValuePair<string, StringValues>[]? TryReadFields(ref ReadOnlySpan<byte> bytes, int count)
    {
        var fields = new List<KeyValuePair<string, StringValues>>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryTake(ref bytes, 2, out var nameLength)
                || !TryTake(ref bytes, BinaryPrimitives.ReadUInt16LittleEndian(nameLength), out var nameBytes)
                || !TryTake(ref bytes, 4, out var valueLength)
                || !TryTake(ref bytes, BinaryPrimitives.ReadInt32LittleEndian(valueLength), out var value))
                return null;

            var (name, line) = (Encoding.ASCII.GetString(nameBytes), Encoding.UTF8.GetString(value));
            if (fields.Count > 0 && fields[^1].Key == name)
                fields[^1] = new(name, StringValues.Concat(fields[^1].Value, line));
            else
                fields.Add(new(name, line));
        }

        return [.. fields];
    }

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, int count, out ReadOnlySpan<byte> taken)
    {
        var fits = count >= 0 && count <= bytes.Length;
        taken = fits ? bytes[..count] : default;
        bytes = fits ? bytes[count..] : bytes;
        return fits;
    }

    private static TimeSpan SpanAt(ReadOnlySpan<byte> bytes) => TimeSpan.FromTicks(BinaryPrimitives.ReadInt64LittleEndian(bytes));

    private static DateTimeOffset? MomentAt(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes) switch
    {
        var ticks when ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks => new DateTimeOffset(ticks, TimeSpan.Zero),
        _ => null,
    };
}
