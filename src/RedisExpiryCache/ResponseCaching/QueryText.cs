using Microsoft.AspNetCore.WebUtilities;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>A query in one form, whatever its order and percent-encoding: for keys, never for the app.</summary>
internal static class QueryText
{
    private const string Delimiters = "&=?";

    /// <summary>The decoded pairs that count, sorted by name, those of one name (whatever its case) in the order they came.</summary>
    /// <param name="query">The query, with its question mark.</param>
    /// <param name="spell">The name by which a pair counts; null: it does not. Without this function all do, by their own names.</param>
    public static string Canonical(ReadOnlyMemory<char> query, Func<string, string?>? spell = null)
    {
        if (query.Length <= 1)
            return "";

        var pairs = new List<(string Name, string Value)>();
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var decoded = pair.DecodeName().ToString();
            if ((spell is null ? decoded : spell(decoded)) is { } name)
                pairs.Add((name, pair.DecodeValue().ToString()));
        }

        return string.Join('&', pairs.OrderBy(static pair => pair.Name, StringComparer.OrdinalIgnoreCase).Select(static pair =>
            $"{KeyText.Escape(pair.Name, Delimiters)}={KeyText.Escape(pair.Value, Delimiters)}"));
    }
}
