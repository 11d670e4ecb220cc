using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

// FORMAT of a stored response, version 1: the payload of an entry (see RedisEntry, which checks its integrity). Little-endian.
//
//   1  version                       1
//   1  flags                         1 must revalidate, 2 has a freshness lifetime, 4 has Last-Modified, 8 for everybody, 16 for authorized
//   2  status
//   8  response time                 ticks, UTC
//   8  corrected initial age         ticks
//   8  freshness lifetime            ticks
//   8  Date                          ticks, UTC
//   8  Last-Modified                 ticks, UTC
//   2  number of field lines, then for each: 2 length of the name, name in ASCII, 4 length of the value, value in UTF-8
//   …  body
//
// A field with several lines stands there once a line. Something new is added by a new version; older readers then see a miss.
internal static class CachedResponseFormat
{
    private const byte Version = 1;
    private const byte MustRevalidate = 1, HasLifetime = 2, HasLastModified = 4, AllowsEverybody = 8, AllowsAuthorization = 16;
    private const int FixedSize = 46;

    public static ReadOnlyMemory<byte> EncodeHead(CachedResponse response)
    {
        var rules = response.Rules;
        var head = new ArrayBufferWriter<byte>(1024);
        var fixedPart = head.GetSpan(FixedSize);
        fixedPart[0] = Version;
        fixedPart[1] = (byte)((rules.MustRevalidate ? MustRevalidate : 0)
            | (rules.FreshnessLifetime is null ? 0 : HasLifetime)
            | (rules.LastModified is null ? 0 : HasLastModified)
            | (rules.AllowsEverybody ? AllowsEverybody : 0)
            | (rules.AllowsAuthorization ? AllowsAuthorization : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[2..], (ushort)response.StatusCode);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[4..], rules.ResponseTime.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[12..], rules.CorrectedInitialAge.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[20..], rules.FreshnessLifetime?.Ticks ?? 0);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[28..], rules.Date.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[36..], rules.LastModified?.UtcTicks ?? 0);
        BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[44..], checked((ushort)response.Fields.Sum(static field => field.Value.Count)));
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
        if (TryReadFields(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(bytes[44..])) is not { } fields || TryReadRules(bytes) is not { } rules)
            return null;

        var etag = Array.Find(fields, static field => field.Key.Equals("ETag", StringComparison.OrdinalIgnoreCase)).Value;
        var response = new CachedResponse(BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]), fields, rules with { ETag = etag });
        return (response, payload[^rest.Length..]);
    }

    private static StoredResponse? TryReadRules(ReadOnlySpan<byte> bytes)
    {
        var flags = bytes[1];
        if (MomentAt(bytes[4..]) is not { } responseTime || MomentAt(bytes[28..]) is not { } date || MomentAt(bytes[36..]) is not { } lastModified)
            return null;

        return new StoredResponse
        {
            ResponseTime = responseTime,
            CorrectedInitialAge = SpanAt(bytes[12..]),
            FreshnessLifetime = (flags & HasLifetime) != 0 ? SpanAt(bytes[20..]) : null,
            MustRevalidate = (flags & MustRevalidate) != 0,
            AllowsEverybody = (flags & AllowsEverybody) != 0,
            AllowsAuthorization = (flags & AllowsAuthorization) != 0,
            Date = date,
            LastModified = (flags & HasLastModified) != 0 ? lastModified : null,
        };
    }

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
