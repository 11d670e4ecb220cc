using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.Telemetry;

// The events from 50 on: the connection, the near cache, settings that change, and what was added later.
internal static partial class Log
{
    [LoggerMessage(50, LogLevel.Warning,
        "The circuit to Redis is open, for {Scope} of {Endpoint} ({Reason}): calls end at once until Redis answers again.")]
    public static partial void CircuitOpened(this ILogger logger, string scope, string endpoint, string reason);

    [LoggerMessage(51, LogLevel.Information, "The circuit to Redis is closed again, for {Scope} of {Endpoint}.")]
    public static partial void CircuitClosed(this ILogger logger, string scope, string endpoint);

    [LoggerMessage(52, LogLevel.Warning,
        "Redis turns this app away ({Word}): look at its user, its password and its permissions. {Suppressed} more like this were "
        + "not logged.")]
    public static partial void Denied(this ILogger logger, string word, long suppressed);

    [LoggerMessage(73, LogLevel.Information,
        "The response cache is turned off (ResponseCaching.Enabled): requests pass through, and evictions still reach Redis.")]
    public static partial void ResponseCacheDisabled(this ILogger logger);

    [LoggerMessage(53, LogLevel.Information, "{Count} eviction(s) that Redis could not be asked for were made up for.")]
    public static partial void EvictionsMadeUp(this ILogger logger, int count);

    [LoggerMessage(54, LogLevel.Error,
        "More was removed while Redis was away than can be remembered: the data cache reads nothing until Redis is back, and may "
        + "then read what was removed. {Suppressed} more like this were not logged.")]
    public static partial void EvictionsLost(this ILogger logger, long suppressed);

    [LoggerMessage(55, LogLevel.Warning,
        "Evictions are still to be made up for ({Reason}). {Suppressed} more like this were not logged.")]
    public static partial void ReplayFailed(this ILogger logger, string reason, long suppressed);

    [LoggerMessage(56, LogLevel.Warning,
        "The connection to Redis was silent though Redis answers on another one, which has taken its place.")]
    public static partial void ConnectionReplaced(this ILogger logger);

    [LoggerMessage(57, LogLevel.Information, "The near cache is on: Redis is heard.")]
    public static partial void NearCacheOn(this ILogger logger);

    [LoggerMessage(58, LogLevel.Warning,
        "The near cache has not heard Redis, or a connection that it hears by is lost: it is empty and passed over until Redis is "
        + "heard again, and Redis is asked for everything. {Suppressed} more like this were not logged.")]
    public static partial void NearCacheLost(this ILogger logger, long suppressed);

    [LoggerMessage(59, LogLevel.Warning,
        "The near cache is off: {Reason}. Redis is asked for everything; it is tried again from time to time.")]
    public static partial void NearCacheOff(this ILogger logger, string reason);

    public static void RenewalNotEnded(this ILogger logger, string path, TimeSpan limit, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            RenewalNotEndedEscaped(logger, LogEscaping.Escape(path), limit, suppressed);
    }

    [LoggerMessage(68, LogLevel.Warning,
        "A renewal of {Path} was aborted after {Limit}, and the application still runs it: pass HttpContext.RequestAborted on. "
        + "Further renewals may start. {Suppressed} more like this were not logged.",
        EventName = nameof(RenewalNotEnded), SkipEnabledCheck = true)]
    private static partial void RenewalNotEndedEscaped(ILogger logger, string path, TimeSpan limit, long suppressed);

    [LoggerMessage(60, LogLevel.Warning, "The changed settings of {Cache} are refused, and those before stay in use: {Wrong}")]
    public static partial void SettingsRefused(this ILogger logger, string cache, string wrong, Exception? failure);

    [LoggerMessage(61, LogLevel.Warning,
        "Settings of {Cache} have changed that cannot change while the app runs: {Settings}. Restart to apply them.")]
    public static partial void SettingsWaitForRestart(this ILogger logger, string cache, string settings);

    [LoggerMessage(62, LogLevel.Information, "Settings of {Cache} have changed, and count from the next request: {Settings}.")]
    public static partial void SettingsTaken(this ILogger logger, string cache, string settings);

    public static void GenerationDamaged(this ILogger logger, string key, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            GenerationDamagedEscaped(logger, LogEscaping.Escape(key), suppressed);
    }

    [LoggerMessage(72, LogLevel.Warning,
        "The value under {Key} is not a generation that this library wrote: it counts as missing, and the next store replaces it. "
        + "{Suppressed} more like this were not logged.",
        EventName = nameof(GenerationDamaged), SkipEnabledCheck = true)]
    private static partial void GenerationDamagedEscaped(ILogger logger, string key, long suppressed);

    [LoggerMessage(70, LogLevel.Warning, "A value of {Size} bytes did not arrive from Redis within its timeout: it is not read or stored "
        + "for {Seconds} s. Raise OperationTimeout, lower MaximumBodySize, or widen the link. Logged at most once per minute.")]
    public static partial void LargeValueTooSlow(this ILogger logger, long size, double seconds);

    [LoggerMessage(71, LogLevel.Warning, "Replies of Redis were not processed in time, because callers that block occupy the thread pool. "
        + "Call asynchronously (for Session: await LoadAsync first), or set DedicatedConnectionThreads. Logged at most once per minute.")]
    public static partial void PoolStarved(this ILogger logger);
}
