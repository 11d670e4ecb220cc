using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>The values of Cache-Status, RFC 9211 2.</summary>
internal static class CacheStatusHeader
{
    private const string Cache = "RedisExpiryCache";

    /// <summary>Whether this cache has spoken already.</summary>
    public static bool IsIn(StringValues lines) =>
        lines.Any(static line => line?.StartsWith($"{Cache};", StringComparison.Ordinal) is true);

    // Within a second nearly all hits say the same.
    private static readonly HitText?[] HitTexts = new HitText?[1024];

    /// <summary>Where it was found is said only of what Redis was not asked for.</summary>
    public static string Hit(TimeSpan? timeLeft, HitLevel level = HitLevel.Redis)
    {
        var seconds = timeLeft is { } left ? (long)Math.Floor(left.TotalSeconds) : (long?)null;
        ref var known = ref HitTexts[(uint)((seconds ?? 0) * 2 + (int)level) % HitTexts.Length];
        var said = known;
        if (said is null || said.Seconds != seconds || said.Level != level)
            known = said = new HitText(seconds, level, string.Concat(
                $"{Cache}; hit",
                timeLeft is { } span ? $"; ttl={Seconds(span)}" : "",
                level == HitLevel.Near ? $"; detail={level.Token()}" : ""));

        return said.Text;
    }

    private sealed record HitText(long? Seconds, HitLevel Level, string Text);

    public static string Stored(ForwardReason reason) => $"{Cache}; fwd={reason.Token()}; stored";

    /// <summary>
    /// A response that may not be stored makes its request one for which there is no cache, whatever the store was asked.
    /// </summary>
    public static string NotStored(ForwardReason reason, string detail) =>
        $"{Cache}; fwd={(reason == ForwardReason.UriMiss ? ForwardReason.Bypass : reason).Token()}; detail={detail}";

    public static string Forwarded(ForwardReason reason) => $"{Cache}; fwd={reason.Token()}";

    /// <summary>Answered with what the app has said to another request that wanted the same.</summary>
    public static string Collapsed(ForwardReason reason) => $"{Cache}; fwd={reason.Token()}; collapsed";

    /// <summary>503 in place of a further call to an origin that fails.</summary>
    public static string OriginFailed(ForwardReason reason) => $"{Collapsed(reason)}; detail={ResponseOutcome.OriginFailed.Token()}";

    /// <summary>Answered from the store after the app has said that it still holds.</summary>
    public static string Validated(ForwardReason reason, bool stored, TimeSpan? timeLeft) => string.Concat(
        $"{Cache}; fwd={reason.Token()}; fwd-status=304",
        stored ? "; stored" : "",
        timeLeft is { } left ? $"; ttl={Seconds(left)}" : "");

    /// <summary>Answered from the store because the app has failed.</summary>
    public static string OnError(ForwardReason reason, int? status, TimeSpan? timeLeft) => string.Concat(
        $"{Cache}; fwd={reason.Token()}",
        status is { } code ? string.Create(CultureInfo.InvariantCulture, $"; fwd-status={code}") : "",
        timeLeft is { } left ? $"; ttl={Seconds(left)}" : "",
        "; detail=stale-if-error");

    /// <summary>RFC 9211 2.7: the key as a String of RFC 9651, which has only ASCII; a key with anything else is not named.</summary>
    public static string WithKey(string status, string key) => Ascii.IsValid(key) && !key.Any(char.IsControl)
        ? $"{status}; key=\"{key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
        : status;

    private static string Seconds(TimeSpan span) => ((long)Math.Floor(span.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
