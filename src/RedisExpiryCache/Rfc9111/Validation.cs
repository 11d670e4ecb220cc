using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.Rfc9111;

/// <summary>
/// RFC 9111 4.3.2: does the client already have what a stored 200 would give it. If-Match and If-Unmodified-Since are for the origin
/// server alone, and not looked at.
/// </summary>
internal static class Validation
{
    /// <summary>Now is for reading dates with two-digit years only.</summary>
    public static bool IsNotModified(in RequestFacts request, StoredResponse stored, DateTimeOffset now)
    {
        // RFC 9110 13.2.2: where there is If-None-Match, If-Modified-Since is ignored.
        if (request.IfNoneMatch.Count > 0)
            return IsAnything(request.IfNoneMatch) || EntityTags.AnyMatchesWeakly(request.IfNoneMatch, stored.ETag);

        // RFC 9110 13.1.3: ignored unless it is one valid date and the method is GET or HEAD.
        if (request.Method is not ("GET" or "HEAD") || !HttpDate.TryParse(request.IfModifiedSince, now, out var since))
            return false;

        // RFC 9111 4.3.2: Last-Modified, else Date, which a client can have seen in whole seconds only.
        return (stored.LastModified ?? Freshness.WholeSeconds(stored.Date)) <= since;
    }

    // RFC 9110 13.1.2: "*" stands alone, and matches whatever there is.
    private static bool IsAnything(StringValues ifNoneMatch) =>
        ifNoneMatch.Count == 1 && ifNoneMatch[0].AsSpan().Trim(" \t") is "*";
}
