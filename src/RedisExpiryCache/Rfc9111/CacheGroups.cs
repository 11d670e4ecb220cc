using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>
/// RFC 9875: the groups of an origin that a response belongs to, and those that a response to an unsafe request makes invalid.
/// </summary>
internal static class CacheGroups
{
    public const string MembershipField = "Cache-Groups";
    public const string InvalidationField = "Cache-Group-Invalidation";

    /// <summary>The groups that either field names, each once; none where it is no list of RFC 9651.</summary>
    public static string[] Parse(StringValues lines) =>
        StructuredFields.TryParseStrings(lines, out var groups) ? [.. groups.Distinct(StringComparer.Ordinal)] : [];

    /// <summary>RFC 9875 3: to be ignored in an answer to a safe request.</summary>
    public static string[] InvalidatedBy(string method, StringValues lines) => Invalidation.IsUnsafe(method) ? Parse(lines) : [];
}
