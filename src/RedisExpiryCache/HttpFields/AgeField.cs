using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>The Age field, RFC 9111 5.1.</summary>
internal static class AgeField
{
    /// <summary>
    /// True with null where there is no such field. Of a list in one line the first member counts; two lines, or a list with blanks
    /// as intermediaries write it who join two lines, are invalid: several Age fields, and nobody knows whose is right.
    /// </summary>
    public static bool TryParse(StringValues lines, out TimeSpan? age)
    {
        age = null;
        if (lines.Count != 1)
            return lines.Count == 0;

        var text = lines[0].AsSpan().Trim(" \t");
        var comma = text.IndexOf(',');
        if (!DeltaSeconds.TryParse(comma < 0 ? text : text[..comma], out var first) || HasBlankBehindComma(text))
            return false;

        age = first;
        return true;
    }

    private static bool HasBlankBehindComma(ReadOnlySpan<char> text) =>
        text.Contains(", ", StringComparison.Ordinal) || text.Contains(",\t", StringComparison.Ordinal);
}
