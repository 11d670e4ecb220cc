using Microsoft.Extensions.Logging;

namespace RedisExpiryCache;

/// <summary>
/// Every event that is logged, numbered: 1-19 the data cache, 20-39 responses. Outcomes and reasons are those of the metrics and of
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
}
