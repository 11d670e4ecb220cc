using System.Globalization;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>
/// Recognizes the responses of <c>UseStaticFiles</c> and <c>MapFallbackToFile</c>, which run without an endpoint of their own.
/// </summary>
internal static class StaticFileResponses
{
    private const long LongestFile = 1L << 40;

    /// <summary>
    /// By the entity tag that the middleware makes: the FILETIME of Last-Modified, combined by XOR with the file's length, in hex.
    /// </summary>
    /// <remarks>A tag that an application chooses itself passes for one with a chance of one in millions.</remarks>
    public static bool IsOne(ResponseFacts response) =>
        response is { ETag: ['"', .. var tag, '"'], LastModified: { } modified }
        && long.TryParse(tag, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
        && (number ^ modified.ToFileTime()) is >= 0 and < LongestFile;
}
