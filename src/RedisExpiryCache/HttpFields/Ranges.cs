using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>Bytes from one position to another, both included, RFC 9110 14.1.2.</summary>
internal readonly record struct ByteRange(long First, long Last)
{
    public long Length => Last - First + 1;
}

/// <summary>Range, If-Range and Content-Range, RFC 9110 14 and 13.1.5.</summary>
internal static class Ranges
{
    /// <summary>A request for more parts than this is answered with the whole, as RFC 9110 14.2 allows.</summary>
    public const int Most = 16;

    /// <summary>
    /// The bytes that Range asks for of a representation of this length: in the order asked for, or, where two overlap or touch,
    /// joined and in ascending order, RFC 9110 15.3.7.2.
    /// </summary>
    /// <returns>Null: no valid ranges of bytes, or too many; serve the whole. Empty: none is satisfiable, RFC 9110 15.5.17.</returns>
    public static ByteRange[]? Requested(StringValues range, long completeLength)
    {
        const string Unit = "bytes=";
        var text = range.Count == 1 ? range[0].AsSpan().Trim(" \t") : default;
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return null;

        text = text[Unit.Length..];
        var asked = 0;
        var satisfiable = new List<ByteRange>();
        foreach (var part in text.Split(','))
        {
            var member = text[part].Trim(" \t");
            if (member.IsEmpty)
                continue;
            if (++asked > Most || !TryReadRange(member, completeLength, out var found))
                return null;
            if (found is { } bytes)
                satisfiable.Add(bytes);
        }

        return asked == 0 ? null : Coalesce(satisfiable);
    }

    /// <summary>RFC 9110 14.4, where it names a range; null for a complete length that is unknown.</summary>
    public static bool TryParseContentRange(string? contentRange, out ByteRange range, out long? completeLength)
    {
        const string Unit = "bytes ";
        range = default;
        completeLength = null;
        var text = contentRange.AsSpan().Trim(" \t");
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return false;

        text = text[Unit.Length..];
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryReadPositions(text[..slash], out var first, out var last) || last is not { } end)
            return false;

        var length = long.MaxValue;
        var isUnknown = text[(slash + 1)..] is "*";
        if (!isUnknown && (!TryNumber(text[(slash + 1)..], out length) || length == long.MaxValue))
            return false;
        if (end >= length)
            return false;

        range = new(first, end);
        completeLength = isUnknown ? null : length;
        return true;
    }

    /// <summary>RFC 9110 14.4</summary>
    public static string ContentRange(ByteRange range, long completeLength) =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {range.First}-{range.Last}/{completeLength}");

    /// <summary>RFC 9110 14.1.2: the last so many bytes were asked for, however many there are.</summary>
    public static bool IsSuffix(StringValues range) =>
        range.Count == 1 && range[0]!.AsSpan().Trim(" \t").StartsWith("bytes=-", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// RFC 9110 13.1.5: may Range be followed. A tag has to be the same by the strong comparison; a date has to be that of a
    /// Last-Modified which is a second or more before Date, RFC 9110 8.8.2.2. Now is for reading dates with two-digit years only.
    /// </summary>
    public static bool IfRangeMatches(string? ifRange, string? etag, DateTimeOffset? lastModified, DateTimeOffset date, DateTimeOffset now)
    {
        if (ifRange is null)
            return true;

        var validator = ifRange.Trim(' ', '\t');
        return EntityTags.StronglyEqual(validator, etag)
            || (HttpDate.TryParse(validator, now, out var since) && since == lastModified && date - since >= TimeSpan.FromSeconds(1));
    }

    /// <summary>False: the range is invalid, and with it the whole field. Null is found where it cannot be satisfied.</summary>
    private static bool TryReadRange(ReadOnlySpan<char> member, long completeLength, out ByteRange? found)
    {
        found = null;
        if (member is ['-', .. var digits])
        {
            // RFC 9110 14.1.2 calls the end of nothing satisfiable, but no Content-Range can say so: serve the whole, which is nothing.
            if (!TryNumber(digits, out var suffix) || (suffix > 0 && completeLength == 0))
                return false;
            if (suffix > 0)
                found = new(Math.Max(completeLength - suffix, 0), completeLength - 1);
            return true;
        }

        if (!TryReadPositions(member, out var first, out var last))
            return false;
        if (first < completeLength)
            found = new(first, Math.Min(last ?? long.MaxValue, completeLength - 1));
        return true;
    }

    /// <summary>"4-9", or "4-" with no last position.</summary>
    private static bool TryReadPositions(ReadOnlySpan<char> text, out long first, out long? last)
    {
        (first, last) = (0, null);
        var dash = text.IndexOf('-');
        if (dash < 0 || !TryNumber(text[..dash], out first))
            return false;
        if (dash == text.Length - 1)
            return true;

        var isValid = TryNumber(text[(dash + 1)..], out var number) && first <= number;
        last = number;
        return isValid;
    }

    private static ByteRange[] Coalesce(List<ByteRange> ranges)
    {
        var joined = new List<ByteRange>();
        foreach (var next in ranges.OrderBy(static range => range.First))
        {
            if (joined is [.., var before] && next.First <= before.Last + 1)
                joined[^1] = before with { Last = Math.Max(before.Last, next.Last) };
            else
                joined.Add(next);
        }

        return [.. joined.Count < ranges.Count ? joined : ranges];
    }

    /// <summary>Digits only; what is too large for a position is the largest there is.</summary>
    private static bool TryNumber(ReadOnlySpan<char> digits, out long number)
    {
        number = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            var digit = c - '0';
            number = number > (long.MaxValue - digit) / 10 ? long.MaxValue : number * 10 + digit;
        }

        return !digits.IsEmpty;
    }
}
