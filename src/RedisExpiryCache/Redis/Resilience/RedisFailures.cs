using System.Security.Authentication;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Resilience;

/// <summary>What a failed call says about Redis.</summary>
internal enum FailureKind
{
    /// <summary>Nothing: the caller has gone, or had no time to wait.</summary>
    None,

    /// <summary>Redis answers, and refuses this one thing.</summary>
    CommandError,

    /// <summary>Redis answers and takes no writes: a replica, too few replicas, a disk that is full.</summary>
    ReadOnly,

    /// <summary>Redis does not answer, or not with what it holds.</summary>
    Unavailable,
}

/// <summary>By Redis' own words, as docs/when-redis-fails.md lists them.</summary>
internal static class RedisFailures
{
    private static readonly string[] NoWrites = ["READONLY", "NOREPLICAS", "MISCONF"];
    private static readonly string[] Passing = ["LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"];
    private static readonly string[] Denied = ["NOAUTH", "WRONGPASS", "NOPERM"];
    private static readonly string[] OutOfMemory = ["OOM"];

    private const string QuotedArguments = ", with args beginning with";

    /// <param name="failure">Whatever came in place of a reply.</param>
    /// <param name="isWrite">Whether it came to a write.</param>
    /// <param name="isConnected">Whether there is a connection: then a write that finds none has found replicas only.</param>
    public static FailureKind KindOf(Exception failure, bool isWrite, bool isConnected) => failure switch
    {
        OperationCanceledException or ObjectDisposedException or ArgumentException or TooSlowException => FailureKind.None,
        RedisServerException when Says(failure, Passing) is not null => FailureKind.Unavailable,
        RedisServerException when Says(failure, NoWrites) is not null => isWrite ? FailureKind.ReadOnly : FailureKind.CommandError,
        RedisServerException => FailureKind.CommandError,
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection } when isWrite && isConnected => FailureKind.ReadOnly,
        _ => FailureKind.Unavailable,
    };

    public static RedisConnectionException NoConnection(TimeLimit budget, Exception? why) => new(
        ConnectionFailureType.UnableToConnect,
        CommandFlags.None,
        $"Redis did not accept a connection within {budget.Setting} ({budget.Time.TotalMilliseconds} ms).",
        why,
        CommandStatus.Unknown);

    public static RedisConnectionException NotYetConnected() => new(
        ConnectionFailureType.UnableToConnect,
        CommandFlags.None,
        "There is no connection to Redis yet.",
        innerException: null,
        CommandStatus.Unknown);

    public static RedisConnectionException TwoPrimaries() => new(
        ConnectionFailureType.UnableToConnect,
        CommandFlags.None,
        "Two servers take themselves for the primary; the sentinels will make the one that came back a replica.",
        innerException: null,
        CommandStatus.Unknown);

    /// <summary>The failure without the arguments of the command.</summary>
    /// <remarks>A server or a proxy quotes them where it does not know the command; they can be a cached value.</remarks>
    public static Exception WithoutArguments(Exception failure)
    {
        if (failure is not RedisServerException said)
            return failure;

        var quoted = said.Message.IndexOf(QuotedArguments, StringComparison.Ordinal);
        return quoted < 0 ? failure : new RedisServerException(said.Kind, said.Flags, said.Message[..quoted]);
    }

    /// <summary>Redis will be able to in a moment.</summary>
    public static bool IsTransient(Exception failure) => failure is RedisServerException && Says(failure, Passing) is not null;

    /// <summary>Redis is full: it deletes, and takes nothing new.</summary>
    public static bool IsOutOfMemory(Exception failure) => failure is RedisServerException && Says(failure, OutOfMemory) is not null;

    /// <summary>A write was refused where a read may still be answered.</summary>
    public static bool IsRefusedWrite(Exception failure) =>
        (failure is RedisServerException && Says(failure, NoWrites) is not null) || IsOutOfMemory(failure)
        || failure is RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };

    /// <summary>There is no connection because one side does not trust the other, or does not speak TLS.</summary>
    /// <remarks>
    /// StackExchange.Redis reports each failed handshake as one of authentication. A server without TLS closes the connection, or is silent
    /// until the time-out.
    /// </remarks>
    public static bool IsTlsFailure(Exception? failure)
    {
        var isAuthentication = false;
        for (; failure is not null; failure = failure.InnerException)
        {
            isAuthentication |= failure is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure };
            if (failure is AuthenticationException || (isAuthentication && failure is IOException))
                return true;
        }

        return false;
    }

    /// <summary>The word by which Redis has turned this app away, or this command; null: it has not.</summary>
    public static string? DenialIn(Exception? failure)
    {
        if (IsTlsFailure(failure))
            return null;

        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
                return Says(failure, Denied) ?? "WRONGPASS";

            if (failure is RedisServerException && Says(failure, Denied) is { } word)
                return word;
        }

        return null;
    }

    /// <summary>
    /// The word by which Redis has turned down this app or this write, and will until somebody changes something; null: it has not.
    /// </summary>
    public static string? RefusalIn(Exception failure) =>
        DenialIn(failure) ?? (failure is RedisServerException ? Says(failure, NoWrites) ?? Says(failure, OutOfMemory) : null);

    /// <summary>An error begins with its word; one that a script ran into, before Redis 7, has it further on.</summary>
    private static string? Says(Exception failure, string[] words)
    {
        var message = failure.Message;
        var inScript = message.StartsWith("ERR Error running script", StringComparison.Ordinal);
        return Array.Find(words, word =>
            (message.StartsWith(word, StringComparison.Ordinal) && (message.Length == word.Length || message[word.Length] == ' '))
            || (inScript && message.Contains($"-{word} ", StringComparison.Ordinal)));
    }
}
