using System.Buffers;

namespace RedisExpiryCache.HttpFields;

/// <summary>RFC 9110 5.6.2: what the name of a field or of a directive is made of.</summary>
internal static class Token
{
    private static readonly SearchValues<char> Characters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(Characters) < 0;

    /// <summary>The token that the text begins with; empty when it begins with none.</summary>
    public static ReadOnlySpan<char> Leading(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExcept(Characters);
        return end < 0 ? text : text[..end];
    }
}
