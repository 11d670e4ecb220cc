using System.Globalization;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>The values of Cache-Status, RFC 9211 2.</summary>
internal static class CacheStatus
{
    private const string Cache = "RedisExpiryCache";

    /// <summary>Whether this cache has spoken already.</summary>
    public static bool IsIn(StringValues lines) => lines.Any(static line => line?.StartsWith($"{Cache};", StringComparison.Ordinal) is true);

    public static string Hit(TimeSpan? timeLeft) =>
        timeLeft is { } left ? string.Create(CultureInfo.InvariantCulture, $"{Cache}; hit; ttl={(long)Math.Floor(left.TotalSeconds)}") : $"{Cache}; hit";

    public static string Stored(ForwardReason reason) => $"{Cache}; fwd={reason.Token()}; stored";

    /// <summary>A response that may not be stored makes its request one for which there is no cache, whatever the store was asked.</summary>
    public static string NotStored(ForwardReason reason, string detail) =>
        $"{Cache}; fwd={(reason == ForwardReason.UriMiss ? ForwardReason.Bypass : reason).Token()}; detail={detail}";

    public static string Forwarded(ForwardReason reason) => $"{Cache}; fwd={reason.Token()}";
}
