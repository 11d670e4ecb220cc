using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>A stored response without its body.</summary>
/// <param name="StatusCode">The status.</param>
/// <param name="Fields">The header fields as they are sent again, but for those that are worked out anew for each answer.</param>
/// <param name="Rules">What the rules of reuse look at.</param>
internal sealed record CachedResponse(int StatusCode, KeyValuePair<string, StringValues>[] Fields, StoredResponse Rules);
