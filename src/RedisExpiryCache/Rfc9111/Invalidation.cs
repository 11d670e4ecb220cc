namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.4: what a request that may have changed something makes invalid.</summary>
internal static class Invalidation
{
    /// <summary>Not marked safe in the IANA HTTP Method Registry (RFC 9110 16.1). An unknown method is unsafe (RFC 9111 4.4).</summary>
    public static bool IsUnsafe(string method) =>
        method is not ("GET" or "HEAD" or "OPTIONS" or "TRACE" or "QUERY" or "PROPFIND" or "REPORT" or "SEARCH" or "PRI");

    /// <summary>Only a non-error response, 2xx or 3xx, has changed anything.</summary>
    public static bool Invalidates(string method, int statusCode) => IsUnsafe(method) && statusCode is >= 200 and <= 399;

    /// <summary>
    /// The target URI, then those in Location and Content-Location. Another origin's are left out, or anybody could empty the
    /// cache of somebody else; so are values that are no URI.
    /// </summary>
    public static IEnumerable<Uri> Targets(Uri requestUri, string? location, string? contentLocation)
    {
        yield return requestUri;
        if (TryResolve(requestUri, location) is { } created)
            yield return created;
        if (TryResolve(requestUri, contentLocation) is { } described)
            yield return described;
    }

    private static Uri? TryResolve(Uri requestUri, string? reference) =>
        !string.IsNullOrWhiteSpace(reference) && Uri.TryCreate(requestUri, reference, out var uri) && IsSameOrigin(requestUri, uri)
            ? uri
            : null;

    // RFC 9110 4.3.1
    private static bool IsSameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase) && a.Port == b.Port;
}
