using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 3.1: which fields of a response are stored with it. All but those named here, unknown ones included.</summary>
internal static class StoredHeaders
{
    private const string SetCookie = "Set-Cookie";

    private static readonly FrozenSet<string> NeverStored = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        // RFC 9110 7.6.1: of this connection only
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        // RFC 9111 3.1: of a proxy only
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
        // Worked out anew for each answer
        "Age", "Content-Length");

    // RFC 9111 3.2: what describes the stored bytes stays as it was stored with them.
    private static readonly FrozenSet<string> NeverUpdated = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Content-Digest", "Content-Encoding", "Content-Length", "Content-MD5", "Content-Range", "ETag");

    /// <summary>
    /// What the response's own Connection field lists is of this connection too; and what it withholds by name is for one answer only.
    /// </summary>
    public static bool MayStore(string fieldName, StringValues connection, CacheControl directives, CachingRules rules) =>
        !NeverStored.Contains(fieldName)
        && (rules.StoreSetCookie || !fieldName.Equals(SetCookie, StringComparison.OrdinalIgnoreCase))
        && !directives.WithheldFields.Contains(fieldName, StringComparer.OrdinalIgnoreCase)
        && !IsListed(fieldName, connection);

    /// <summary>Whether a field is in no stored response: of the connection, of a proxy, or worked out for each answer.</summary>
    public static bool IsNeverStored(string fieldName) => NeverStored.Contains(fieldName);

    /// <summary>Checksums of exactly the bytes that came with them: of a part, or of the whole, and never of the other.</summary>
    public static bool IsOfTheseBytes(string fieldName) =>
        fieldName.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase) || fieldName.Equals("Content-MD5", StringComparison.OrdinalIgnoreCase);

    /// <summary>A field of a 304 that the client is to see: neither one of the connection, nor one that describes the bytes.</summary>
    public static bool MayUpdate(string fieldName, StringValues connection) =>
        !NeverStored.Contains(fieldName) && !NeverUpdated.Contains(fieldName) && !IsListed(fieldName, connection);

    /// <summary>RFC 9111 3.2: a stored response's fields, with those of a 304 (or of an answer to HEAD) in their place.</summary>
    public static KeyValuePair<string, StringValues>[] Update(
        IEnumerable<KeyValuePair<string, StringValues>> stored, IEnumerable<KeyValuePair<string, StringValues>> update)
    {
        var news = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in update)
        {
            if (!NeverUpdated.Contains(name))
                news[name] = value;
        }

        return [.. stored.Where(field => !news.ContainsKey(field.Key)), .. news];
    }

    private static bool IsListed(string fieldName, StringValues connection)
    {
        foreach (var member in new ListMembers(connection))
            if (member.Equals(fieldName, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
