using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>The field lines of a stored response, as <see cref="CachedResponseCodec"/> lays them out.</summary>
internal static class FieldLines
{
    /// <summary>Of field lines, and of the bytes of all of them. Servers and proxies refuse far less.</summary>
    public const int MaximumLines = 1_000, MaximumFieldsSize = 256 * 1024;

    private const int LongValue = ushort.MaxValue, FirstCommonName = 0xFF00, LineOverhead = 8;

    // RFC 9110 5.1 and 5.5, without obs-text: Kestrel sends it only where the application has chosen an encoding for the field.
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<char> ValueCharacters =
        SearchValues.Create(['\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (char)c)]);

    private static readonly SearchValues<byte> ValueBytes =
        SearchValues.Create([(byte)'\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (byte)c)]);

    /// <summary>Part of the format: to be added to at its end alone.</summary>
    private static readonly string[] CommonNames =
    [
        "Content-Type", "Date", "Cache-Control", "ETag", "Last-Modified", "Vary", "Expires", "Content-Language",
    ];

    /// <summary>Whether a response with these fields can be stored, and sent again by any server.</summary>
    public static bool CanHold(KeyValuePair<string, StringValues>[] fields)
    {
        var (lines, size) = (0, 0L);
        foreach (var (name, values) in fields)
        {
            if (!IsName(Encoding.UTF8.GetBytes(name)))
                return false;

            foreach (var line in values)
            {
                var value = line ?? "";
                (lines, size) = (lines + 1, size + LineOverhead + name.Length + value.Length);
                if (lines > MaximumLines || size > MaximumFieldsSize || value.AsSpan().ContainsAnyExcept(ValueCharacters))
                    return false;
            }
        }

        return true;
    }

    public static void Write(ArrayBufferWriter<byte> head, string name, string line)
    {
        var length = line.Length;
        var span = head.GetSpan(8 + name.Length + length);
        var common = Array.IndexOf(CommonNames, name);
        var size = 2;
        if (common >= 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)(FirstCommonName + common));
        }
        else if (name.Length < FirstCommonName)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)name.Length);
            size += Encoding.ASCII.GetBytes(name, span[2..]);
        }
        else
        {
            throw new OverflowException($"A field's name can be at most {FirstCommonName - 1} characters long.");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(span[size..], (ushort)Math.Min(length, LongValue));
        size += 2;
        if (length >= LongValue)
        {
            BinaryPrimitives.WriteInt32LittleEndian(span[size..], length);
            size += 4;
        }

        Encoding.ASCII.GetBytes(line, span[size..]);
        head.Advance(size + length);
    }

    /// <summary>Null where the bytes are not as many lines as they should be, or a server could not send one of them.</summary>
    public static KeyValuePair<string, StringValues>[]? TryRead(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count > MaximumLines)
            return null;

        var size = bytes.Length;
        var fields = new KeyValuePair<string, StringValues>[count];
        List<string>? lines = null;
        var found = 0;
        for (var i = 0; i < count; i++)
        {
            if (TryTakeLine(ref bytes) is not var (name, line) || size - bytes.Length > MaximumFieldsSize + (count * LineOverhead))
                return null;

            if (found > 0 && fields[found - 1].Key == name)
            {
                (lines ??= [fields[found - 1].Value!]).Add(line);
                continue;
            }

            End(fields, found, ref lines);
            fields[found++] = new(name, line);
        }

        End(fields, found, ref lines);
        Array.Resize(ref fields, found);
        return fields;

        static void End(KeyValuePair<string, StringValues>[] fields, int found, ref List<string>? lines)
        {
            if (lines is not null)
                fields[found - 1] = new(fields[found - 1].Key, lines.ToArray());

            lines = null;
        }
    }

    private static (string Name, string Value)? TryTakeLine(ref ReadOnlySpan<byte> bytes) =>
        TryTake(ref bytes, 2, out var nameLength)
        && TryTakeName(ref bytes, BinaryPrimitives.ReadUInt16LittleEndian(nameLength)) is { } name
        && TryTakeLength(ref bytes, out var valueLength)
        && valueLength <= MaximumFieldsSize
        && TryTake(ref bytes, valueLength, out var value)
        && !value.ContainsAnyExcept(ValueBytes)
            ? (name, Encoding.ASCII.GetString(value))
            : null;

    private static string? TryTakeName(ref ReadOnlySpan<byte> bytes, int length)
    {
        if (length >= FirstCommonName)
            return length - FirstCommonName < CommonNames.Length ? CommonNames[length - FirstCommonName] : null;

        return TryTake(ref bytes, length, out var bytesOfName) && IsName(bytesOfName)
            && Encoding.ASCII.GetString(bytesOfName) is var name && !StoredHeaders.IsNeverStored(name) ? name : null;
    }

    private static bool TryTakeLength(ref ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (!TryTake(ref bytes, 2, out var taken))
            return false;

        length = BinaryPrimitives.ReadUInt16LittleEndian(taken);
        if (length < LongValue)
            return true;

        if (!TryTake(ref bytes, 4, out taken))
            return false;

        length = BinaryPrimitives.ReadInt32LittleEndian(taken);
        return true;
    }

    public static bool TryTake(ref ReadOnlySpan<byte> bytes, int count, out ReadOnlySpan<byte> taken)
    {
        var fits = count >= 0 && count <= bytes.Length;
        taken = fits ? bytes[..count] : default;
        bytes = fits ? bytes[count..] : bytes;
        return fits;
    }

    private static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(NameBytes);
}
