using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>Entity tags, RFC 9110 8.8.3.</summary>
internal static class EntityTags
{
    public static bool IsStrong(string? etag) => etag is ['"', ..] && TryReadWhole(etag, out _);

    /// <summary>RFC 9110 8.8.1: of a representation whose bytes may differ. What is weak, or no tag, stays as it is.</summary>
    public static string? Weakened(string? etag) => IsStrong(etag) ? $"W/{etag}" : etag;

    /// <summary>RFC 9110 8.8.3.2. What is no tag equals nothing, not even itself.</summary>
    public static bool StronglyEqual(string? a, string? b) => IsStrong(a) && a == b;

    /// <summary>RFC 9110 8.8.3.2: W/ does not matter. What is no tag equals nothing, not even itself.</summary>
    public static bool WeaklyEqual(string? a, string? b) =>
        TryReadWhole(a, out var one) && TryReadWhole(b, out var other) && one.SequenceEqual(other);

    /// <summary>
    /// Does If-None-Match name this tag, by the weak comparison of RFC 9110 8.8.3.2. A line counts up to where it stops being a list
    /// of tags: from there on nothing matches, so a client with a broken validator gets the whole response. The exception is a single
    /// word without quotes, of which the client only repeats what it was given.
    /// </summary>
    public static bool AnyMatchesWeakly(StringValues ifNoneMatch, string? etag)
    {
        if (!TryReadWhole(etag, out var sought))
            return ifNoneMatch.Count == 1 && Token.IsToken(etag) && ifNoneMatch[0].AsSpan().Trim(" \t").SequenceEqual(etag);

        for (var i = 0; i < ifNoneMatch.Count; i++)
            if (AnyMatchesWeakly(ifNoneMatch[i], sought))
                return true;
        return false;
    }

    private static bool AnyMatchesWeakly(ReadOnlySpan<char> list, ReadOnlySpan<char> sought)
    {
        while (TryReadTag(list.TrimStart(" \t,"), out var tag, out list))
        {
            list = list.TrimStart(" \t");
            if (list is not ([] or [',', ..]))
                return false;
            if (tag.SequenceEqual(sought))
                return true;
        }

        return false;
    }

    private static bool TryReadWhole(ReadOnlySpan<char> text, out ReadOnlySpan<char> tag) =>
        TryReadTag(text, out tag, out var behind) && behind.IsEmpty;

    /// <summary>The opaque tag at the beginning of the text, without its quotes and without W/; commas belong to it.</summary>
    private static bool TryReadTag(ReadOnlySpan<char> text, out ReadOnlySpan<char> tag, out ReadOnlySpan<char> rest)
    {
        tag = rest = default;
        if (text.StartsWith("W/", StringComparison.Ordinal))
            text = text[2..];
        if (text is not ['"', .. var inside])
            return false;

        var end = 0;
        while (end < inside.Length && IsTagCharacter(inside[end]))
            end++;
        if (end == inside.Length || inside[end] != '"')
            return false;

        tag = inside[..end];
        rest = inside[(end + 1)..];
        return true;
    }

    private static bool IsTagCharacter(char c) => c is '!' or (>= '#' and <= '~') or >= '\u0080';
}
