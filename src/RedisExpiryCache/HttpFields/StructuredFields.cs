using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>
/// Structured fields, RFC 9651 4.2. Strict, as the RFC wants it: one mistake anywhere, and the whole field says nothing.
/// </summary>
internal static class StructuredFields
{
    /// <summary>
    /// RFC 9651 4.2.2: of a key's values the last counts. A field without members is an empty dictionary; false leaves none either.
    /// </summary>
    public static bool TryParseDictionary(StringValues lines, out Dictionary<string, StructuredValue> members)
    {
        members = new(StringComparer.Ordinal);
        if (TryReadDictionary(new StructuredReader(Combine(lines)), members))
            return true;

        members.Clear();
        return false;
    }

    /// <summary>RFC 9651 4.2.1: the Strings of a list, whose other members are left out. False: it is no list, or has no Strings.</summary>
    public static bool TryParseStrings(StringValues lines, out string[] strings)
    {
        var found = new List<string>();
        var isList = TryReadStrings(new StructuredReader(Combine(lines)), found);
        strings = isList ? [.. found] : [];
        return strings.Length > 0;
    }

    private static bool TryReadDictionary(StructuredReader reader, Dictionary<string, StructuredValue> members)
    {
        if (reader.AtEnd)
            return true;

        do
        {
            if (!reader.TryReadEntry(out var key, out var value))
                return false;
            members[key] = value;
        }
        while (reader.TryTakeComma());
        return reader.AtEnd;
    }

    private static bool TryReadStrings(StructuredReader reader, List<string> strings)
    {
        do
        {
            if (!reader.TryReadMember(out var value))
                return false;
            if (value is { Kind: StructuredKind.String, Text: { } text })
                strings.Add(text);
        }
        while (reader.TryTakeComma());
        return reader.AtEnd;
    }

    // RFC 9651 4.2 drops spaces around the whole, and only spaces.
    private static ReadOnlySpan<char> Combine(StringValues lines) =>
        (lines.Count == 1 ? lines[0] : string.Join(", ", lines.ToArray())).AsSpan().Trim(' ');
}
