using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.ResponseCaching.Keys;

/// <summary>A query in one form, whatever its order and percent-encoding: for keys, never for the app.</summary>
internal static class CanonicalQuery
{
    private const string Delimiters = "&=?";

    /// <summary>The decoded pairs that count, sorted by name, those of one name (whatever its case) in the order they came.</summary>
    /// <param name="query">The query, with its question mark.</param>
    /// <param name="counts">Whether the pairs of this name count.</param>
    public static string Canonical(ReadOnlyMemory<char> query, Predicate<string> counts)
    {
        if (query.Length <= 1)
            return "";

        var pairs = new List<(string Name, string Value)>();
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var decoded = pair.DecodeName().ToString();
            if (counts(decoded))
                pairs.Add((Fold(decoded), pair.DecodeValue().ToString()));
        }

        return string.Join('&', pairs.OrderBy(static pair => pair.Name, StringComparer.Ordinal).Select(static pair =>
            $"{KeyEncoder.Escape(pair.Name, Delimiters)}={KeyEncoder.Escape(pair.Value, Delimiters)}"));
    }

    /// <summary>Two names have one form exactly if the application reads the same key by them, whatever their case.</summary>
    private static string Fold(string name)
    {
        // As OrdinalIgnoreCase does. Lower case reads better, but joins more where it is not ASCII: the Kelvin sign and k.
        var upper = name.ToUpperInvariant();
        return Ascii.IsValid(upper) ? upper.ToLowerInvariant() : upper;
    }
}
