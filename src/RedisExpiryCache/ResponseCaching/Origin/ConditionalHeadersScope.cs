using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>
/// Puts this cache's own conditions on a request, in place of the client's, for as long as the app looks at it (RFC 9111 4.3.1).
/// </summary>
internal readonly struct ConditionalHeadersScope : IDisposable
{
    private readonly IHeaderDictionary? headers;
    private readonly StringValues ifNoneMatch;
    private readonly StringValues ifModifiedSince;

    public ConditionalHeadersScope(IHeaderDictionary headers, in Conditions conditions)
    {
        if (conditions.IsNone)
            return;

        this.headers = headers;
        (ifNoneMatch, ifModifiedSince) = (headers.IfNoneMatch, headers.IfModifiedSince);
        headers.IfNoneMatch = conditions.IfNoneMatch is { Length: > 0 } tags ? tags : default(StringValues);
        headers.IfModifiedSince = conditions.LastModified is { } since ? since : default(StringValues);
    }

    public void Dispose()
    {
        if (headers is not null)
            (headers.IfNoneMatch, headers.IfModifiedSince) = (ifNoneMatch, ifModifiedSince);
    }
}
