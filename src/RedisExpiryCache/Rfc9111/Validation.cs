using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.3: what a client has already, and whether what is stored still holds.</summary>
internal static class Validation
{
    /// <summary>
    /// RFC 9111 4.3.2: does the client already have what a stored 200 would give it. If-Match and If-Unmodified-Since are for the origin
    /// server alone, and not looked at. Now is for reading dates with two-digit years only.
    /// </summary>
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

    /// <summary>
    /// RFC 9111 4.3.1: the fields of a request that asks whether any of these responses still holds. The first is the one that the request
    /// selects, if any.
    /// </summary>
    /// <param name="selected">Null when none of the stored variants is for this request.</param>
    /// <param name="otherTags"> The entity tags of the URL's other variants. Left out where the selected one has a date only, which a
    /// server does not look at beside tags (RFC 9110 13.2.2).
    /// </param>
    /// <param name="lastModified">As the selected response said it, to the letter: servers compare texts.</param>
    public static Conditions Ask(StoredResponse? selected, IEnumerable<string> otherTags, string? lastModified)
    {
        var own = selected is { IsETagOurs: false } ? selected.ETag : null;
        string[] others = selected is not null && own is null ? [] : [.. otherTags.Where(tag => tag != own).Distinct(StringComparer.Ordinal)];
        return new Conditions(own, others, selected?.LastModified is null ? null : lastModified);
    }

    /// <summary>
    /// RFC 9111 4.3.4: which of the entity tags that were asked about a 304 speaks of. Where only one response was asked about, a 304 can
    /// only speak of that one, whatever tag it carries: servers are known to answer with the tag of another encoding.
    /// </summary>
    /// <param name="asked">What was asked about.</param>
    /// <param name="hasSelected">The request selects one of the stored responses, and that one was asked about too.</param>
    /// <param name="etag">Of the 304.</param>
    /// <param name="other">The tag of another variant than the selected response, by the strong comparison; null: the selected one.</param>
    /// <returns>False: it matches nothing that is stored.</returns>
    public static bool TrySelect(in Conditions asked, bool hasSelected, string? etag, out string? other)
    {
        other = null;
        if (hasSelected && (asked.Others.Length == 0 || EntityTags.WeaklyEqual(asked.Own, etag)))
            return true;

        other = Array.Find(asked.Others, candidate => EntityTags.StronglyEqual(candidate, etag));
        return other is not null;
    }

    /// <summary>
    /// RFC 9111 4.3.5: an answer to HEAD tells that the stored response is no longer the one there is. Otherwise it updates it.
    /// </summary>
    public static bool IsContradictedByHead(StoredResponse stored, long storedLength, ResponseFacts head, long? contentLength) =>
        (head.ETag is not null && !stored.IsETagOurs && head.ETag != stored.ETag)
        || (head.LastModified is not null && head.LastModified != stored.LastModified)
        || (contentLength is not null && contentLength != storedLength);

    /// <summary>RFC 5861 4: what counts as an error of the app.</summary>
    public static bool IsFailure(int statusCode) => statusCode is 500 or 502 or 503 or 504;

    // RFC 9110 13.1.2: "*" stands alone, and matches whatever there is.
    private static bool IsAnything(StringValues ifNoneMatch) =>
        ifNoneMatch.Count == 1 && ifNoneMatch[0].AsSpan().Trim(" \t") is "*";
}

/// <summary>The conditions of a validating request.</summary>
/// <param name="Own">The entity tag of the response that the request selects.</param>
/// <param name="Others">Those of other variants.</param>
/// <param name="LastModified">Of the response that the request selects.</param>
internal readonly record struct Conditions(string? Own, string[] Others, string? LastModified)
{
    public static Conditions None => new(Own: null, [], LastModified: null);

    public bool IsNone => Own is null && Others.Length == 0 && LastModified is null;

    public string IfNoneMatch => string.Join(", ", Own is null ? Others : Others.Prepend(Own));
}
