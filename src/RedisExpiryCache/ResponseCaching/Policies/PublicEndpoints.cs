using System.IO.Hashing;
using System.Runtime.InteropServices;
using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The unmarked endpoints that have answered for shared caches in this process.</summary>
/// <remarks>
/// By identity, because routing makes several objects of one endpoint. Requests without an endpoint (proxies, terminal middleware) count by
/// path. The latest are known. Only a response of the application adds one, never a request alone.
/// </remarks>
internal sealed class PublicEndpoints
{
    private const int Remembered = 20_000;
    private static readonly object Known = new();

    // By hash: two with the same one are looked up alike, and no more.
    private readonly BoundedCache<ulong, object> known = new(Remembered);

    public PublicEndpoint Of(string identity) => new(this, HashOf(identity, seed: 0));

    public bool Has(HttpRequest request) => Has(HashOf(request));

    /// <inheritdoc cref="PublicEndpoint.Learn" />
    public bool Learn(HttpRequest request) => Learn(HashOf(request));

    private bool Has(ulong hash) => known.Find(hash) is not null;

    private bool Learn(ulong hash)
    {
        var isNew = !Has(hash);
        known.Remember(hash, Known);
        return isNew;
    }

    private static ulong HashOf(HttpRequest request) => HashOf(request.Path.Value, (long)HashOf(request.PathBase.Value, seed: 1));

    private static ulong HashOf(string? text, long seed) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()), seed);

    /// <summary>Whether an unmarked endpoint has answered for shared caches.</summary>
    public sealed class PublicEndpoint(PublicEndpoints all, ulong identity)
    {
        private volatile bool isKnown;

        public bool IsKnown => isKnown || (isKnown = all.Has(identity));

        /// <returns>False when it was known before.</returns>
        public bool Learn()
        {
            isKnown = true;
            return all.Learn(identity);
        }
    }
}
