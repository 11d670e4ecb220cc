using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.1: which stored response belongs to a request, by the fields that Vary names.</summary>
internal static class Variants
{
    /// <summary>Longest field value, in characters, whose members are compared; a longer one is compared as it came.</summary>
    /// <remarks>Browsers send less than 300. Without a bound, a client chooses how long each of its lookups sorts and compares.</remarks>
    private const int LongestNormalized = 1024;

    private static readonly char[] Whitespace = [' ', '\t'];

    private static readonly FrozenSet<string> WeighedFields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language");

    /// <summary>A comma in these need not part two members.</summary>
    private static readonly FrozenSet<string> SingleFields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Authorization", "Cookie", "From", "Host", "Origin", "Referer", "User-Agent");

    /// <summary>
    /// The names in lower case, each once, in ordinal order. False when no other request can be known to match: "*" is among the members,
    /// or something that is no field name.
    /// </summary>
    public static bool TryParse(StringValues vary, out string[] names)
    {
        names = [];
        if (vary.Count == 0)
            return true;

        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var member in new ListMembers(vary))
        {
            if (member.IsEmpty)
                continue;
            if (member is "*" || !Token.IsToken(member))
                return false;
            found.Add(member.ToString().ToLowerInvariant());
        }

        names = [.. found];
        return true;
    }

    /// <summary>Whether all of them are fields of content negotiation (RFC 9110 12.5), none of which identifies a user.</summary>
    public static bool AreNegotiated(string[] names) => Array.TrueForAll(names, WeighedFields.Contains);

    /// <summary>The names of both, in ordinal order; <paramref name="a"/> itself when it has them all.</summary>
    public static string[] Union(string[] a, string[] b) =>
        b.All(a.Contains) ? a : [.. new SortedSet<string>(a.Concat(b), StringComparer.Ordinal)];

    /// <summary>
    /// The value of one selecting field in the form to compare: lines combined, no whitespace around members. RFC 9111 4.1 would also
    /// allow to reorder members and fold case where the field's own syntax does, which is done for the preferences of RFC 9110 12.5;
    /// without knowing each other field, a miss is safer.
    /// </summary>
    /// <param name="fieldName">The field.</param>
    /// <param name="value">Its lines.</param>
    /// <param name="ignoreOrder"> Among preferences of equal weight order has no meaning (RFC 9110 12.5); but many apps take the first of
    /// them, ASP.NET Core among these. Of encodings and character sets an app chooses by its own order in any case.
    /// </param>
    /// <returns>Null for a missing field, which matches only a missing one.</returns>
    public static string? Normalize(string fieldName, StringValues value, bool ignoreOrder)
    {
        if (value.Count == 0)
            return null;
        if (IsSingle(fieldName) || LengthOf(value) > LongestNormalized)
            return string.Join(", ", value.Select(static line => line?.Trim(Whitespace)));

        var isAccept = Is(fieldName, "Accept");
        var isOrdered = !ignoreOrder && (isAccept || Is(fieldName, "Accept-Language"));
        return WeighedFields.Contains(fieldName) && Preferences.TryNormalize(value, isAccept, isOrdered, out var normal)
            ? normal
            : WithoutWhitespace(value);
    }

    private static int LengthOf(StringValues value)
    {
        var length = 0;
        foreach (var line in value)
            length += line?.Length ?? 0;

        return length;
    }

    private static bool Is(string fieldName, string name) => fieldName.Equals(name, StringComparison.OrdinalIgnoreCase);

    // Conditions too: they contain dates and quoted tags.
    private static bool IsSingle(string fieldName) =>
        SingleFields.Contains(fieldName) || fieldName.StartsWith("If-", StringComparison.OrdinalIgnoreCase);

    private static string WithoutWhitespace(StringValues value)
    {
        if (value.Count == 1 && !(value[0] ?? "").Contains(','))
            return value[0]?.Trim(Whitespace) ?? "";

        var normal = new StringBuilder();
        var first = true;
        foreach (var member in new ListMembers(value))
        {
            if (!first)
                normal.Append(',');
            normal.Append(member);
            first = false;
        }

        return normal.ToString();
    }
}
