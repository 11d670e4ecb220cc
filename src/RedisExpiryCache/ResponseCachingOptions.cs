namespace RedisExpiryCache;

/// <summary>Settings of the response cache.</summary>
public sealed class ResponseCachingOptions
{
    /// <summary>
    /// The longest body that is stored, in bytes. Default: 64 MiB. Range: 0 to 500 MiB (Redis holds 512 MiB under a key). A longer one
    /// passes through to the client and is not stored.
    /// </summary>
    public long MaximumBodySize { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Whether the client's <c>Cache-Control</c> counts (RFC 9111 5.2.1): no-cache, no-store, max-age, min-fresh, max-stale, only-if-cached,
    /// and <c>Pragma: no-cache</c>. Default: true. With false a client cannot make the app work by asking for a fresh response.
    /// </summary>
    public bool HonorRequestDirectives { get; set; } = true;

    /// <summary>Whether responses say how the cache handled them (<c>Cache-Status</c>, RFC 9211). Default: true.</summary>
    public bool EmitCacheStatus { get; set; } = true;
}
