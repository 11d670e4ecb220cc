using RedisExpiryCache.Redis.Entries;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Resilience;

/// <summary>What went wrong with Redis. Each is one name in the log, in the metrics and in <c>Cache-Status</c>.</summary>
internal enum OperationErrorKind
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
    public static bool IsRedisFailure(Exception failure) =>
        KindOf(failure)
            is OperationErrorKind.RedisTimeout or OperationErrorKind.TooSlow or OperationErrorKind.RedisUnavailable or OperationErrorKind.RedisRefused;

    public static bool IsWrongType(Exception failure) =>
        failure is RedisServerException && failure.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);

    /// <summary>It was named by its hash, and the server has not seen it, or has been restarted since.</summary>
    public static bool IsUnknownScript(Exception failure) =>
        failure is RedisServerException && failure.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    public static OperationErrorKind KindOf(Exception failure) => failure switch
    {
        TooSlowException => OperationErrorKind.TooSlow,
        TimeoutException => OperationErrorKind.RedisTimeout,
        RedisConnectionException when RedisFailures.DenialIn(failure) is not null => OperationErrorKind.RedisRefused,
        RedisConnectionException => OperationErrorKind.RedisUnavailable,
        RedisServerException => OperationErrorKind.RedisRefused,
        RedisCommandException => OperationErrorKind.RedisRefused,
        RedisException => OperationErrorKind.RedisUnavailable,
        OperationCanceledException => OperationErrorKind.Canceled,
        ArgumentException or ObjectDisposedException => OperationErrorKind.Misuse,
        _ => OperationErrorKind.Unexpected,
    };
}
