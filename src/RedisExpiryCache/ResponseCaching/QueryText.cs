using Microsoft.AspNetCore.WebUtilities;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>A query in one form, whatever its order and percent-encoding: for keys, never for the app.</summary>
internal static class QueryText
{
    private const string Delimiters = "&=?";

    /// <summary>
    /// The decoded pairs that count, sorted by name, those of one name (whatever its case) in the order they came. Null keys, or a "*" among them: all count.
    /// Names are as the policy spells them, for the app does not heed their case either.
    /// </summary>
    public static string Canonical(ReadOnlyMemory<char> query, string[]? keys)
    {
        if (query.Length <= 1 || keys is { Length: 0 })
            return "";

        var pairs = new List<(string Name, string Value)>();
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName().ToString();
            if (keys is not null && !keys.Contains("*"))
            {
                if (Array.Find(keys, key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) is not { } spelled)
                    continue;

                name = spelled;
            }

            pairs.Add((name, pair.DecodeValue().ToString()));
        }

        return string.Join('&', pairs.OrderBy(static pair => pair.Name, StringComparer.OrdinalIgnoreCase).Select(static pair =>
            $"{KeyText.Escape(pair.Name, Delimiters)}={KeyText.Escape(pair.Value, Delimiters)}"));
    }
}
