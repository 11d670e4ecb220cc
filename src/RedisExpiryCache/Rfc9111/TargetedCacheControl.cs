using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>A targeted field such as CDN-Cache-Control, RFC 9213: what Cache-Control says, to some caches only, as a dictionary.</summary>
internal static class TargetedCacheControl
{
    private const long MostSeconds = 2_147_483_648L;

    /// <summary>
    /// RFC 9213 2.2. True: the field stands in for Cache-Control. False: it is missing, empty or no dictionary, and so ignored.
    /// Malformed members are read as in Cache-Control: what limits a cache counts, what allows it something does not.
    /// </summary>
    public static bool TryRead(StringValues lines, out CacheControl directives)
    {
        directives = CacheControl.None;
        if (!StructuredFields.TryParseDictionary(lines, out var members) || members.Count == 0)
            return false;

        directives = new CacheControl
        {
            NoStore = Limits(members, "no-store"),
            NoCache = Limits(members, "no-cache"),
            Private = Limits(members, "private"),
            Public = members.TryGetValue("public", out var isPublic) && isPublic is { Kind: StructuredKind.Boolean, Integer: 1 },
            MustRevalidate = Limits(members, "must-revalidate"),
            ProxyRevalidate = Limits(members, "proxy-revalidate"),
            MustUnderstand = Limits(members, "must-understand"),
            MaxAge = Lifetime(members, "max-age"),
            SMaxAge = Lifetime(members, "s-maxage"),
            StaleWhileRevalidate = Seconds(members, "stale-while-revalidate"),
            StaleIfError = Seconds(members, "stale-if-error"),
        };
        return true;
    }

    // With field names as its argument it counts for the whole response, as in Cache-Control.
    private static bool Limits(Dictionary<string, StructuredValue> members, string name) =>
        members.TryGetValue(name, out var value) && value is not { Kind: StructuredKind.Boolean, Integer: 0 };

    private static TimeSpan? Lifetime(Dictionary<string, StructuredValue> members, string name) =>
        members.ContainsKey(name) ? Seconds(members, name) ?? TimeSpan.Zero : null;

    private static TimeSpan? Seconds(Dictionary<string, StructuredValue> members, string name) =>
        members.TryGetValue(name, out var value) && value is { Kind: StructuredKind.Integer, Integer: >= 0 }
            ? TimeSpan.FromSeconds(Math.Min(value.Integer, MostSeconds))
            : null;
}
