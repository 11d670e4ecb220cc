using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>What went wrong with Redis. Each is one name in the log, in the metrics and in <c>Cache-Status</c>.</summary>
internal enum RedisErrorKind
{
    /// <summary>No reply within the operation timeout.</summary>
    RedisTimeout,

    /// <summary>A large value does not arrive within its timeout, and is not read for a while.</summary>
    TooSlow,

    /// <summary>There is no connection, or it was lost.</summary>
    RedisUnavailable,

    /// <summary>Redis answered with an error: out of memory, read-only, no permission, a wrong password and the like.</summary>
    RedisRefused,

    /// <summary>The caller's token was cancelled.</summary>
    Canceled,

    /// <summary>The caller's own mistake: an argument out of its range, a cache that was disposed of.</summary>
    Misuse,

    /// <summary>None of these: a mistake of this library, or of a connection factory.</summary>
    Unexpected,
}

internal static class RedisErrors
{
    /// <summary>Redis away, silent or refusing; not a caller's mistake, nor ours.</summary>
    public static bool IsOfRedis(Exception failure) =>
        KindOf(failure)
            is RedisErrorKind.RedisTimeout or RedisErrorKind.TooSlow or RedisErrorKind.RedisUnavailable or RedisErrorKind.RedisRefused;

    public static bool IsWrongType(Exception failure) =>
        failure is RedisServerException && failure.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);

    /// <summary>It was named by its hash, and the server has not seen it, or has been restarted since.</summary>
    public static bool IsUnknownScript(Exception failure) =>
        failure is RedisServerException && failure.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    public static RedisErrorKind KindOf(Exception failure) => failure switch
    {
        TooSlowException => RedisErrorKind.TooSlow,
        TimeoutException => RedisErrorKind.RedisTimeout,
        RedisConnectionException when RedisFailures.DenialIn(failure) is not null => RedisErrorKind.RedisRefused,
        RedisConnectionException => RedisErrorKind.RedisUnavailable,
        RedisServerException => RedisErrorKind.RedisRefused,
        RedisException => RedisErrorKind.RedisUnavailable,
        OperationCanceledException => RedisErrorKind.Canceled,
        ArgumentException or ObjectDisposedException => RedisErrorKind.Misuse,
        _ => RedisErrorKind.Unexpected,
    };
}
