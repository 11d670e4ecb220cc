using Microsoft.Extensions.Logging;

namespace RedisExpiryCache;

/// <summary>
/// Every event that is logged, numbered: 1-19 the data cache, 20-39 responses, 40-49 the output
/// cache's store. Outcomes and reasons are those of the metrics and of
/// <c>Cache-Status</c>. Never in here: cached bytes, connection strings, header values.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Data cache: {Operation} of {Key}: {Outcome} {Reason}.")]
    public static partial void DataOperation(this ILogger logger, string operation, string key, string outcome, string? reason);

    [LoggerMessage(2, LogLevel.Warning, "What Redis holds under {Key} is not the entry that was written for it ({Reason}): it counts as a miss.")]
    public static partial void EntryUnreadable(this ILogger logger, string key, string reason);

    [LoggerMessage(3, LogLevel.Warning, "The entry {Key} was read, but its sliding expiration could not be renewed ({Reason}).")]
    public static partial void SlideFailed(this ILogger logger, string key, string reason, Exception failure);

    [LoggerMessage(20, LogLevel.Debug, "{Path}: {Outcome} {Reason}.")]
    public static partial void ResponseAnswered(this ILogger logger, string path, string outcome, string? reason);

    [LoggerMessage(21, LogLevel.Debug, "The response for {Path} was stored; time to live {TimeToLive}.")]
    public static partial void ResponseStored(this ILogger logger, string path, TimeSpan? timeToLive);

    [LoggerMessage(22, LogLevel.Debug, "The response for {Path} was not stored: {Reason}.")]
    public static partial void ResponseNotStored(this ILogger logger, string path, string reason);

    [LoggerMessage(23, LogLevel.Debug, "Stored responses were evicted, by {Target} {Name}.")]
    public static partial void Evicted(this ILogger logger, string target, string name);

    [LoggerMessage(24, LogLevel.Error, "Stored responses could not be evicted, by {Target} {Name} ({Reason}): they may still be served until they expire.")]
    public static partial void EvictionFailed(this ILogger logger, string target, string name, string reason, Exception failure);

    [LoggerMessage(25, LogLevel.Warning, "The response cache goes without Redis ({Reason}): the app answers. Said once a minute.")]
    public static partial void ResponseStoreFailed(this ILogger logger, string reason, Exception failure);

    [LoggerMessage(26, LogLevel.Error, "The response cache made a mistake; the app answers. Please report it.")]
    public static partial void ResponseMistake(this ILogger logger, Exception mistake);

    [LoggerMessage(27, LogLevel.Error, "The app failed on {Path}; the client got the stored response in its place.")]
    public static partial void AppFailed(this ILogger logger, string path, Exception failure);

    [LoggerMessage(28, LogLevel.Warning, "UseRedisExpiringCache was not called, so the attributes [RedisResponseCache] and [RedisResponseCacheEvict] of {Count} endpoint(s) do nothing: {Endpoints}.")]
    public static partial void AttributesWithoutMiddleware(this ILogger logger, int count, string endpoints);

    [LoggerMessage(40, LogLevel.Debug, "Output cache: {Operation} of {Name}: {Outcome} {Reason}.")]
    public static partial void OutputOperation(this ILogger logger, string operation, string name, string outcome, string? reason);

    [LoggerMessage(41, LogLevel.Warning, "The output cache goes without Redis ({Operation}, {Reason}): the app answers. Said once a minute.")]
    public static partial void OutputStoreFailed(this ILogger logger, string operation, string reason, Exception failure);

    [LoggerMessage(42, LogLevel.Error, "The output cache could not evict by tag {Tag} ({Reason}): what carries it may still be served until it expires.")]
    public static partial void OutputEvictionFailed(this ILogger logger, string tag, string reason, Exception failure);
}
