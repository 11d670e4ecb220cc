using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>What the rules need to know of a response from the app.</summary>
internal sealed record ResponseFacts
{
    public required int StatusCode { get; init; }

    /// <summary>Of Cache-Control, or of the targeted field that replaces it (RFC 9213 2.2).</summary>
    public CacheControl CacheControl { get => field ?? CacheControl.None; init; }

    /// <summary>A targeted field replaces Cache-Control and Expires (RFC 9213 2.2).</summary>
    public bool IsTargeted { get; init; }

    /// <summary>
    /// The response says itself that shared caches may store it: public or s-maxage (RFC 9111 5.2.2), or a targeted field.
    /// </summary>
    public bool IsForSharedCaches => IsTargeted || CacheControl.Public || CacheControl.SMaxAge is not null;

    /// <summary>Null when missing or invalid: the response is then as old as the moment it was received, RFC 9110 6.6.1.</summary>
    public DateTimeOffset? Date { get; init; }

    public StringValues Age { get; init; }

    /// <summary>False also where a targeted field replaces it.</summary>
    public bool HasExpires { get; init; }

    /// <summary>Null beside <see cref="HasExpires"/> is an invalid date, "0" above all: already expired, RFC 9111 5.3.</summary>
    public DateTimeOffset? Expires { get; init; }

    public StringValues Vary { get; init; }
    public bool HasSetCookie { get; init; }
    public string? ContentRange { get; init; }
    public string? ETag { get; init; }
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>RFC 9110 8.7: Content-Location names the URL that was asked for.</summary>
    public bool IsAboutTarget { get; init; }
}
