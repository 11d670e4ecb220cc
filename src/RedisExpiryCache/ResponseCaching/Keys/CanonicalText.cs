using System.Text;

namespace RedisExpiryCache.ResponseCaching.Keys;

/// <summary>A tag or path in one form for all spellings of its values: <c>product:007</c> and <c>Product:7</c> are one.</summary>
/// <remarks>
/// <para>For evictions alone: it joins texts that an application may tell apart, so no response is ever looked up by it.</para>
/// <para>
/// It is a function of the text and knows no types, because a tag by hand has none, and because the endpoint that stores may bind another
/// type than the one that evicts. See docs/design/route-values.md.
/// </para>
/// </remarks>
internal static class CanonicalText
{
    /// <summary>Formats B and P, D, and N.</summary>
    private static readonly int[] GuidLengths = [38, 36, 32];

    /// <summary>What may need more than another letter case.</summary>
    private static bool IsSpecial(char c) => char.IsAsciiDigit(c) || char.IsWhiteSpace(c);

    public static string Canonical(string text)
    {
        var folded = Fold(text);
        foreach (var c in folded)
        {
            if (IsSpecial(c))
                return Rewrite(folded);
        }

        return folded;
    }

    /// <summary>By way of upper case, which joins letters that have two lower cases.</summary>
    private static string Fold(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : text.ToUpperInvariant().ToLowerInvariant();

    private static string Rewrite(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var isFirstOfWord = result.Length == 0 || !char.IsLetterOrDigit(result[^1]);
            if (char.IsWhiteSpace(text[at]))
                at++;
            else if (isFirstOfWord && TryReadGuid(text.AsSpan(at), out var guid, out var length))
                (at, _) = (at + length, result.Append(guid));
            else if (TryReadNumber(text.AsSpan(at), isFirstOfWord, out var number, out length))
                (at, _) = (at + length, result.Append(number));
            else
                result.Append(text[at++]);
        }

        // Midnight is what a date without a time binds to.
        return result.Replace("t0:0:0", "").Replace("t0:0", "").ToString();
    }

    private static bool TryReadGuid(ReadOnlySpan<char> text, out string guid, out int length)
    {
        foreach (var candidate in GuidLengths)
        {
            var ends = text.Length == candidate || (text.Length > candidate && !char.IsAsciiHexDigit(text[candidate]));
            if (ends && Guid.TryParse(text[..candidate], out var value))
            {
                (guid, length) = (value.ToString("D"), candidate);
                return true;
            }
        }

        (guid, length) = ("", 0);
        return false;
    }

    /// <summary>A number without a plus, leading zeros, thousands separators and trailing zeros of its fraction.</summary>
    private static bool TryReadNumber(ReadOnlySpan<char> text, bool isFirstOfWord, out string number, out int length)
    {
        var at = isFirstOfWord && text[0] is '+' or '-' ? 1 : 0;
        var whole = ReadDigits(text, ref at, mayHaveSeparators: true);
        var hasPoint = at < text.Length - 1 && text[at] == '.' && char.IsAsciiDigit(text[at + 1]) && (whole.Length > 0 || isFirstOfWord);
        if (hasPoint)
            at++;

        var fraction = hasPoint ? ReadDigits(text, ref at, mayHaveSeparators: false).TrimEnd('0') : "";
        length = at;
        number = $"{whole.TrimStart('0')}{(fraction.Length > 0 ? "." : "")}{fraction}";
        if (number is "" or ['.', ..])
            number = $"0{number}";

        if (number != "0" && text[0] == '-')
            number = $"-{number}";

        return whole.Length > 0 || hasPoint;
    }

    private static string ReadDigits(ReadOnlySpan<char> text, ref int at, bool mayHaveSeparators)
    {
        var digits = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (char.IsAsciiDigit(text[at]))
                digits.Append(text[at]);
            else if (!mayHaveSeparators || digits.Length == 0 || !IsSeparator(text[at..]))
                break;
        }

        return digits.ToString();
    }

    private static bool IsSeparator(ReadOnlySpan<char> text) => text is [',', var next, ..] && char.IsAsciiDigit(next);
}
