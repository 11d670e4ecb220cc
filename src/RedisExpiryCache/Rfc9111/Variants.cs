using System.Text;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.1: which stored response belongs to a request, by the fields that Vary names.</summary>
internal static class Variants
{
    private static readonly char[] Whitespace = [' ', '\t'];

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

    /// <summary>The names of both, in ordinal order; <paramref name="a"/> itself when it has them all.</summary>
    public static string[] Union(string[] a, string[] b) =>
        b.All(a.Contains) ? a : [.. new SortedSet<string>(a.Concat(b), StringComparer.Ordinal)];

    /// <summary>
    /// The value of one selecting field in the form to compare: lines combined, no whitespace around members. RFC 9111 4.1 would also
    /// allow to reorder members and fold case where the field's own syntax does; without knowing each field, a miss is safer.
    /// </summary>
    /// <returns>Null for a missing field, which matches only a missing one.</returns>
    public static string? Normalize(StringValues value)
    {
        if (value.Count == 0)
            return null;

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
