using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>
/// How names from outside become part of a Redis key: readable in redis-cli, without braces (which choose a cluster's slot), blanks,
/// control characters or our own delimiters, and never the same for two names.
/// </summary>
internal static class KeyEncoder
{
    /// <summary>A name longer than this keeps its beginning and ends in a hash.</summary>
    public const int MaximumLength = 300;

    /// <summary>The length of <see cref="DigestOf"/>.</summary>
    public const int DigestLength = 27;

    private const string Escaped = "\\{}#|*\"'";

    public static string Escape(string name, string alsoEscaped = "")
    {
        if (!NeedsEscape(name, alsoEscaped))
            return Shorten(name);

        var text = new StringBuilder(name.Length + 16);
        foreach (var c in name)
        {
            if (NeedsEscape(c, alsoEscaped))
                text.Append('\\').Append(((int)c).ToString("X4", null));
            else
                text.Append(c);
        }

        return Shorten(text.ToString());
    }

    /// <summary>A digest that no two texts share, as text: 160 bits of SHA-256.</summary>
    public static string DigestOf(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text), hash);
        return Base64Url.EncodeToString(hash[..20]);
    }

    public static string Shorten(string text) =>
        text.Length <= MaximumLength ? text : $"{text[..(MaximumLength / 2)]}*{DigestOf(text)}";

    private static bool NeedsEscape(string name, string alsoEscaped)
    {
        foreach (var c in name)
        {
            if (NeedsEscape(c, alsoEscaped))
                return true;
        }

        return false;
    }

    private static bool NeedsEscape(char c, string alsoEscaped) =>
        char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c) || Escaped.Contains(c) || alsoEscaped.Contains(c);
}
