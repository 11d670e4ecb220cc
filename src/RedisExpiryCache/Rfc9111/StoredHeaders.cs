using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 3.1: which fields of a response are stored with it. All but those named here, unknown ones included.</summary>
internal static class StoredHeaders
{
    private static readonly FrozenSet<string> NeverStored = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        // RFC 9110 7.6.1: of this connection only
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        // RFC 9111 3.1: of a proxy only
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
        // Of one user only; such a response is not stored at all, and this holds even if that rule is ever loosened.
        "Set-Cookie",
        // Worked out anew for each answer
        "Age", "Content-Length");

    /// <summary>What the response's own Connection field lists is of this connection too.</summary>
    public static bool MayStore(string fieldName, StringValues connection) =>
        !NeverStored.Contains(fieldName) && !IsListed(fieldName, connection);

    private static bool IsListed(string fieldName, StringValues connection)
    {
        foreach (var member in new ListMembers(connection))
            if (member.Equals(fieldName, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
