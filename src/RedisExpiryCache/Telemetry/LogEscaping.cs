using System.Globalization;
using System.Text;

namespace RedisExpiryCache.Telemetry;

/// <summary>Text that clients or callers choose, as it may stand in a log line.</summary>
internal static class LogEscaping
{
    /// <summary>Escapes controls, format characters, line separators and lone surrogates.</summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;

        var escaped = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            var isWhole = Rune.TryGetRuneAt(text, i, out var rune);
            var length = isWhole ? rune.Utf16SequenceLength : 1;
            if (isWhole && IsPlain(rune))
                escaped.Append(text, i, length);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{(isWhole ? rune.Value : text[i]):X4}}}");

            i += length;
        }

        return escaped.ToString();
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
