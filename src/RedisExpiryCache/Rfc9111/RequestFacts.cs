using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>What the rules need to know of a request.</summary>
internal readonly record struct RequestFacts
{
    public required string Method { get; init; }
    public CacheControl CacheControl { get => field ?? CacheControl.None; init; }

    /// <summary>As <see cref="AsksNoCacheByPragma"/> says.</summary>
    public bool PragmaNoCache { get; init; }

    public bool HasAuthorization { get; init; }

    /// <summary>The app knows the user, by a cookie or otherwise, whatever the Authorization field said.</summary>
    public bool IsSignedIn { get; init; }

    /// <summary>The policy varies by user, and cannot tell this user from others.</summary>
    /// <remarks>Not even <c>public</c> makes the response one to share.</remarks>
    public bool IsIndistinct { get; init; }

    public StringValues IfNoneMatch { get; init; }
    public string? IfModifiedSince { get; init; }
    public StringValues Range { get; init; }
    public string? IfRange { get; init; }

    /// <summary>The client asks for something only if it has changed, or for a part.</summary>
    public bool IsConditional => IfNoneMatch.Count > 0 || IfModifiedSince is not null || Range.Count > 0;

    /// <summary>RFC 9111 5.4: Pragma speaks for HTTP/1.0 clients only, that is, where there is no Cache-Control field.</summary>
    public static bool AsksNoCacheByPragma(StringValues pragma, StringValues cacheControl)
    {
        if (cacheControl.Count > 0)
            return false;

        foreach (var member in new ListMembers(pragma))
            if (member.Equals("no-cache", StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
