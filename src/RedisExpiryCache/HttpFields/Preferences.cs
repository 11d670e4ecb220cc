using System.Text;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>
/// The lists in which a client weighs what it would accept, RFC 9110 12.5, in a form that is the same for all who weigh the same.
/// </summary>
internal static class Preferences
{
    private const int MostWeight = 1000;

    /// <summary>
    /// Lower case, without blanks, weights as short as can be, the heaviest first; those of equal weight in the order they came if that has
    /// a meaning. False: something in it is not understood, and so nothing may be changed. Members are media ranges, or single words.
    /// </summary>
    public static bool TryNormalize(StringValues lines, bool ofMediaRanges, bool isOrdered, out string normal)
    {
        normal = "";
        var found = new List<(int Weight, string Text)>();
        foreach (var member in new ListMembers(lines))
        {
            if (member.IsEmpty)
                continue;

            var name = CutWeight(member, out var weight);
            if (!TryLower(name, ofMediaRanges, out var text))
                return false;
            found.Add((weight, text + WeightText(weight)));
        }

        var heaviestFirst = found.OrderByDescending(static one => one.Weight);
        if (!isOrdered)
            heaviestFirst = heaviestFirst.ThenBy(static one => one.Text, StringComparer.Ordinal);

        normal = string.Join(',', heaviestFirst.Select(static one => one.Text).Distinct());
        return true;
    }

    /// <summary>What the weight is given to, RFC 9110 12.4.2. A weight that is invalid, or not last, is left where it is.</summary>
    public static ReadOnlySpan<char> CutWeight(ReadOnlySpan<char> member, out int weight)
    {
        var semicolon = member.LastIndexOf(';');
        if (semicolon >= 0 && TryWeight(member[(semicolon + 1)..], out weight))
            return member[..semicolon].TrimEnd(" \t");

        weight = MostWeight;
        return member;
    }

    private static bool TryWeight(ReadOnlySpan<char> parameter, out int weight)
    {
        weight = 0;
        var equals = parameter.IndexOf('=');
        if (equals < 0 || parameter[..equals].Trim(" \t") is not ("q" or "Q"))
            return false;

        var number = parameter[(equals + 1)..].Trim(" \t");
        if (number is not (['0' or '1'] or ['0' or '1', '.', ..]) || number.Length > 5)
            return false;

        weight = (number[0] - '0') * MostWeight;
        var worth = MostWeight;
        foreach (var c in number.Length > 2 ? number[2..] : default)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            weight += (c - '0') * (worth /= 10);
        }

        return weight <= MostWeight;
    }

    private static string WeightText(int weight) =>
        weight == MostWeight ? "" : ";q=0" + $".{weight:D3}".TrimEnd('0').TrimEnd('.');

    private static bool TryLower(ReadOnlySpan<char> name, bool ofMediaRanges, out string lower)
    {
        lower = "";
        if (ofMediaRanges)
            return TryLowerMediaRange(name, out lower);
        if (!Token.IsToken(name))
            return false;

        lower = name.ToString().ToLowerInvariant();
        return true;
    }

    // RFC 9110 12.5.1. Of a parameter only the name has no case for certain; a value in quotes is left to those who know it.
    private static bool TryLowerMediaRange(ReadOnlySpan<char> mediaRange, out string lower)
    {
        lower = "";
        var text = new StringBuilder();
        foreach (var at in mediaRange.Split(';'))
        {
            var part = mediaRange[at].Trim(" \t");
            var isType = text.Length == 0;
            var middle = part.IndexOf(isType ? '/' : '=');
            if (middle < 0 || !Token.IsToken(part[..middle]) || !Token.IsToken(part[(middle + 1)..]))
                return false;

            var name = part[..middle].ToString().ToLowerInvariant();
            if (isType)
                text.Append(name).Append('/').Append(part[(middle + 1)..].ToString().ToLowerInvariant());
            else if (name == "q")
                return false;
            else
                text.Append(';').Append(name).Append(part[middle..]);
        }

        lower = text.ToString();
        return true;
    }
}
