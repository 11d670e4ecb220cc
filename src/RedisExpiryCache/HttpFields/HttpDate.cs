using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>
/// The three formats of RFC 9110 5.6.7. Strict in layout and case. The day's name has to be one but need not fit the date, which is
/// unambiguous without it; a leap second is read as the second before.
/// </summary>
internal static class HttpDate
{
    private static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    private const string Months = "JanFebMarAprMayJunJulAugSepOctNovDec";

    public static string Format(DateTimeOffset date) => date.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A field of one date: several lines are fine only when they all say the same.</summary>
    public static bool TryParse(StringValues lines, DateTimeOffset now, out DateTimeOffset date)
    {
        date = default;
        for (var i = 1; i < lines.Count; i++)
            if (lines[i] != lines[0])
                return false;
        return lines.Count > 0 && TryParse(lines[0], now, out date);
    }

    /// <summary>Now decides the century of a two-digit year, and nothing else.</summary>
    public static bool TryParse(string? text, DateTimeOffset now, out DateTimeOffset date)
    {
        var trimmed = text.AsSpan().Trim(" \t");
        return TryParseFixdate(trimmed, out date) || TryParseRfc850(trimmed, now, out date) || TryParseAsctime(trimmed, out date);
    }

    // Sun, 06 Nov 1994 08:49:37 GMT
    private static bool TryParseFixdate(ReadOnlySpan<char> text, out DateTimeOffset date)
    {
        date = default;
        return text is { Length: 29 } and [_, _, _, ',', ' ', _, _, ' ', _, _, _, ' ', _, _, _, _, ' ', ..]
            && IsDay(text[..3], shortName: true)
            && text.EndsWith(" GMT", StringComparison.Ordinal)
            && TryCompose(text[12..16], text[8..11], text[5..7], text[17..25], out date);
    }

    // Sunday, 06-Nov-94 08:49:37 GMT
    private static bool TryParseRfc850(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset date)
    {
        date = default;
        var comma = text.IndexOf(',');
        if (comma < 0 || !IsDay(text[..comma], shortName: false))
            return false;

        text = text[(comma + 1)..];
        if (text is not ({ Length: 23 } and [' ', _, _, '-', _, _, _, '-', _, _, ' ', ..])
            || !text.EndsWith(" GMT", StringComparison.Ordinal)
            || !TryNumber(text[8..10], out var twoDigits)
            || !TryCompose(FullYear(twoDigits, now), text[4..7], text[1..3], text[11..19], out date))
            return false;

        // What appears to be more than 50 years ahead is the most recent past year with the same two digits.
        if (date.Year > 100 && date.AddYears(-50) > now)
            date = date.AddYears(-100);
        return true;
    }

    // Sun Nov  6 08:49:37 1994
    private static bool TryParseAsctime(ReadOnlySpan<char> text, out DateTimeOffset date)
    {
        date = default;
        if (text is not ({ Length: 24 } and [_, _, _, ' ', _, _, _, ' ', _, _, ' ', _, _, _, _, _, _, _, _, ' ', ..]))
            return false;

        var day = text[8] == ' ' ? text[9..10] : text[8..10];
        return IsDay(text[..3], shortName: true) && TryCompose(text[20..24], text[4..7], day, text[11..19], out date);
    }

    private static int FullYear(int twoDigits, DateTimeOffset now)
    {
        var latest = now.UtcDateTime.Year + 50;
        return latest - (latest - twoDigits) % 100;
    }

    private static bool TryCompose(
        ReadOnlySpan<char> year, ReadOnlySpan<char> month, ReadOnlySpan<char> day, ReadOnlySpan<char> time, out DateTimeOffset date)
    {
        date = default;
        return TryNumber(year, out var number) && TryCompose(number, month, day, time, out date);
    }

    private static bool TryCompose(
        int year, ReadOnlySpan<char> month, ReadOnlySpan<char> day, ReadOnlySpan<char> time, out DateTimeOffset date)
    {
        date = default;
        var monthAt = Months.AsSpan().IndexOf(month);
        if (time is not [_, _, ':', _, _, ':', _, _]
            || !TryNumber(day, out var d)
            || !TryNumber(time[..2], out var hour) || !TryNumber(time[3..5], out var minute) || !TryNumber(time[6..], out var second))
            return false;

        if (year is < 1 or > 9999 || monthAt < 0 || monthAt % 3 != 0 || hour > 23 || minute > 59 || second > 60
            || d < 1 || d > DateTime.DaysInMonth(year, monthAt / 3 + 1))
            return false;

        date = new DateTimeOffset(year, monthAt / 3 + 1, d, hour, minute, Math.Min(second, 59), TimeSpan.Zero);
        return true;
    }

    private static bool IsDay(ReadOnlySpan<char> text, bool shortName)
    {
        foreach (var day in Days)
            if (text.SequenceEqual(shortName ? day.AsSpan(0, 3) : day))
                return true;
        return false;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            number = number * 10 + (c - '0');
        }

        return true;
    }
}
