using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.Telemetry;

/// <summary>
/// Every event that is logged, numbered: 1-19 the data cache, 20-39 responses, 40-49 the output
/// cache's store, 50-59 the connection, 60-69 settings that change while the app runs. Outcomes and reasons are those of the metrics and of
/// <c>Cache-Status</c>. Never in here: cached bytes, connection strings, header values.
/// </summary>
/// <remarks>
/// Paths, keys, tags and names are escaped (<see cref="LogEscaping"/>), and only where the level is on. What may repeat at warning or error
/// goes through a <see cref="LogThrottle"/>.
/// </remarks>
internal static partial class Log
{
    public static void DataOperation(this ILogger logger, string operation, string key, string outcome, string? reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            DataOperationEscaped(logger, operation, LogEscaping.Escape(key), outcome, reason);
    }

    [LoggerMessage(1, LogLevel.Debug,
        "Data cache: {Operation} of {Key}: {Outcome} {Reason}.",
        EventName = nameof(DataOperation), SkipEnabledCheck = true)]
    private static partial void DataOperationEscaped(ILogger logger, string operation, string key, string outcome, string? reason);

    public static void EntryUnreadable(this ILogger logger, string key, string reason, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            EntryUnreadableEscaped(logger, LogEscaping.Escape(key), reason, suppressed);
    }

    [LoggerMessage(2, LogLevel.Warning,
        "What Redis holds under {Key} is not the entry that was written for it ({Reason}): it counts as a miss. {Suppressed} more "
        + "like this were not logged.",
        EventName = nameof(EntryUnreadable), SkipEnabledCheck = true)]
    private static partial void EntryUnreadableEscaped(ILogger logger, string key, string reason, long suppressed);

    public static void SlideFailed(this ILogger logger, string key, string reason, long suppressed, Exception failure)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            SlideFailedEscaped(logger, LogEscaping.Escape(key), reason, suppressed, failure);
    }

    [LoggerMessage(3, LogLevel.Warning,
        "The entry {Key} was read, but its sliding expiration could not be renewed ({Reason}). {Suppressed} more like this were not "
        + "logged.",
        EventName = nameof(SlideFailed), SkipEnabledCheck = true)]
    private static partial void SlideFailedEscaped(ILogger logger, string key, string reason, long suppressed, Exception failure);

    [LoggerMessage(4, LogLevel.Warning,
        "The data cache goes without Redis ({Operation}, {Reason}): a read is a miss, a write is dropped, a removal is made up for "
        + "later. {Suppressed} more like this were not logged.")]
    public static partial void DataWithoutRedis(this ILogger logger, string operation, string reason, long suppressed, Exception failure);

    public static void ResponseAnswered(this ILogger logger, string path, string outcome, string? reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            ResponseAnsweredEscaped(logger, LogEscaping.Escape(path), outcome, reason);
    }

    [LoggerMessage(20, LogLevel.Debug,
        "{Path}: {Outcome} {Reason}.",
        EventName = nameof(ResponseAnswered), SkipEnabledCheck = true)]
    private static partial void ResponseAnsweredEscaped(ILogger logger, string path, string outcome, string? reason);

    public static void ResponseStored(this ILogger logger, string path, TimeSpan? timeToLive)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            ResponseStoredEscaped(logger, LogEscaping.Escape(path), timeToLive);
    }

    [LoggerMessage(21, LogLevel.Debug,
        "The response for {Path} was stored; time to live {TimeToLive}.",
        EventName = nameof(ResponseStored), SkipEnabledCheck = true)]
    private static partial void ResponseStoredEscaped(ILogger logger, string path, TimeSpan? timeToLive);

    public static void ResponseNotStored(this ILogger logger, string path, string reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            ResponseNotStoredEscaped(logger, LogEscaping.Escape(path), reason);
    }

    [LoggerMessage(22, LogLevel.Debug,
        "The response for {Path} was not stored: {Reason}.",
        EventName = nameof(ResponseNotStored), SkipEnabledCheck = true)]
    private static partial void ResponseNotStoredEscaped(ILogger logger, string path, string reason);

    public static void FoundPublic(this ILogger logger, string path, string? endpoint)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            FoundPublicEscaped(logger, LogEscaping.Escape(path), LogEscaping.Escape(endpoint ?? "no endpoint"));
    }

    [LoggerMessage(33, LogLevel.Debug,
        "The response for {Path} says that shared caches may store it: from now on requests for this path, or of its endpoint ({Endpoint}), "
        + "are looked up.",
        EventName = nameof(FoundPublic), SkipEnabledCheck = true)]
    private static partial void FoundPublicEscaped(ILogger logger, string path, string endpoint);

    public static void Evicted(this ILogger logger, string target, string name, string outcome)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            EvictedEscaped(logger, target, LogEscaping.Escape(name), outcome);
    }

    [LoggerMessage(23, LogLevel.Debug,
        "Stored responses by {Target} {Name}: {Outcome}.",
        EventName = nameof(Evicted), SkipEnabledCheck = true)]
    private static partial void EvictedEscaped(ILogger logger, string target, string name, string outcome);

    public static void EvictionFailed(this ILogger logger, string target, string name, string reason, long suppressed, Exception failure)
    {
        if (logger.IsEnabled(LogLevel.Error))
            EvictionFailedEscaped(logger, target, LogEscaping.Escape(name), reason, suppressed, failure);
    }

    [LoggerMessage(24, LogLevel.Error,
        "Stored responses could not be evicted, by {Target} {Name} ({Reason}): this process serves them no more and evicts them once "
        + "Redis can be asked; other processes may serve them until then. {Suppressed} more like this were not logged.",
        EventName = nameof(EvictionFailed), SkipEnabledCheck = true)]
    private static partial void EvictionFailedEscaped(
        ILogger logger, string target, string name, string reason, long suppressed, Exception failure);

    [LoggerMessage(25, LogLevel.Warning,
        "The response cache goes without Redis ({Reason}): the app answers. {Suppressed} more like this were not logged.")]
    public static partial void ResponseStoreFailed(this ILogger logger, string reason, long suppressed, Exception failure);

    [LoggerMessage(26, LogLevel.Error,
        "The response cache made a mistake; the app answers. Please report it. {Suppressed} more like this were not logged.")]
    public static partial void ResponseMistake(this ILogger logger, long suppressed, Exception mistake);

    public static void AppFailed(this ILogger logger, string path, long suppressed, Exception failure)
    {
        if (logger.IsEnabled(LogLevel.Error))
            AppFailedEscaped(logger, LogEscaping.Escape(path), suppressed, failure);
    }

    [LoggerMessage(27, LogLevel.Error,
        "The app failed on {Path}; the client got the stored response in its place. {Suppressed} more like this were not logged.",
        EventName = nameof(AppFailed), SkipEnabledCheck = true)]
    private static partial void AppFailedEscaped(ILogger logger, string path, long suppressed, Exception failure);

    [LoggerMessage(28, LogLevel.Warning,
        "UseRedisExpiringCache was not called, so the attributes [RedisResponseCache] and [RedisResponseCacheEvict] of {Count} "
        + "endpoint(s) do nothing: {Endpoints}.")]
    public static partial void AttributesWithoutMiddleware(this ILogger logger, int count, string endpoints);

    public static void RenewalFailed(this ILogger logger, string path, long suppressed, Exception failure)
    {
        if (logger.IsEnabled(LogLevel.Error))
            RenewalFailedEscaped(logger, LogEscaping.Escape(path), suppressed, failure);
    }

    [LoggerMessage(29, LogLevel.Error,
        "The app failed on {Path} while its stale response was to be renewed in the background; it is tried again later. "
        + "{Suppressed} more like this were not logged.",
        EventName = nameof(RenewalFailed), SkipEnabledCheck = true)]
    private static partial void RenewalFailedEscaped(ILogger logger, string path, long suppressed, Exception failure);

    public static void NotRenewable(this ILogger logger, string path, string reason, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            NotRenewableEscaped(logger, LogEscaping.Escape(path), reason, suppressed);
    }

    [LoggerMessage(30, LogLevel.Warning, "VaryByClaim names the claim type {ClaimType}, which no signed-in user has had so far: {Effect}. "
        + "Compare the type with the claims that the authentication handler makes. Logged once per claim type.")]
    public static partial void ClaimOnNoUser(this ILogger logger, string claimType, string effect);

    [LoggerMessage(31, LogLevel.Warning, "[RedisResponseCache], CacheResponse or an eviction did nothing on {Endpoint}: {Cause}. {Remedy} "
        + "Logged once.")]
    public static partial void AttributesPassedBy(this ILogger logger, string endpoint, string cause, string remedy);

    [LoggerMessage(32, LogLevel.Warning, "Responses vary by host, and AllowedHosts is missing or *: each Host field that a client makes up "
        + "becomes keys in Redis. Set AllowedHosts to the hosts of this application, or VaryByHost(false) in a base policy.")]
    public static partial void HostsNotFiltered(this ILogger logger);

    [LoggerMessage(34, LogLevel.Warning,
        "{Path} cannot be renewed in the background ({Reason}): run again without the client's connection, its request did not reach "
        + "the response cache under the same key. It is revalidated while a client waits. {Suppressed} more like this were not logged.",
        EventName = nameof(NotRenewable), SkipEnabledCheck = true)]
    private static partial void NotRenewableEscaped(ILogger logger, string path, string reason, long suppressed);

    public static void RenewalsFull(this ILogger logger, string page, int most, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            RenewalsFullEscaped(logger, LogEscaping.Escape(page), most, suppressed);
    }

    [LoggerMessage(35, LogLevel.Warning,
        "{Most} renewals of {Page} are under way, so no further one starts: its stale responses are served as they are until one "
        + "ends. Does it wait for something that does not answer? {Suppressed} more like this were not logged.",
        EventName = nameof(RenewalsFull), SkipEnabledCheck = true)]
    private static partial void RenewalsFullEscaped(ILogger logger, string page, int most, long suppressed);

    public static void ResponseCoded(this ILogger logger, string key, long length, long plainLength)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            ResponseCodedEscaped(logger, LogEscaping.Escape(key), length, plainLength);
    }

    [LoggerMessage(36, LogLevel.Debug,
        "A copy in a content coding was made: {Key}, {Length} bytes from {PlainLength}.",
        EventName = nameof(ResponseCoded), SkipEnabledCheck = true)]
    private static partial void ResponseCodedEscaped(ILogger logger, string key, long length, long plainLength);

    [LoggerMessage(37, LogLevel.Warning,
        "On handler methods of Razor Pages [RedisResponseCache] and [RedisResponseCacheEvict] do nothing: put them on the page's "
        + "model. Found on {Handlers}.")]
    public static partial void AttributesOnHandlers(this ILogger logger, string handlers);

    [LoggerMessage(76, LogLevel.Warning,
        "[RedisResponseCache] has no duration at {Endpoints}: only responses whose own fields say how long they are fresh are stored. "
        + "Write Duration = 60 (seconds) or SlidingDuration, name a policy that has one, or set options.ResponseCaching.DefaultDuration; "
        + "where nothing is to be stored, NoStore = true. See {Help}")]
    public static partial void NoDuration(this ILogger logger, string endpoints, string help);

    [LoggerMessage(38, LogLevel.Warning,
        "A request came to UseRedisExpiringCache a second time, by a branch that has it too: the inner one steps aside. Remove one "
        + "of the calls. Said once.")]
    public static partial void ResponseCacheTwice(this ILogger logger);

    [LoggerMessage(
        39,
        LogLevel.Warning,
        "Endpoints named {DisplayName} have the same route, name, methods, hosts and handler: their responses are cached for this process "
        + "alone. Give each another name (WithDisplayName or WithName).")]
    public static partial void EndpointsAlike(this ILogger logger, string displayName);

    public static void OriginFailed(this ILogger logger, string path, long suppressed)
    {
        if (logger.IsEnabled(LogLevel.Warning))
            OriginFailedEscaped(logger, LogEscaping.Escape(path), suppressed);
    }

    [LoggerMessage(75, LogLevel.Warning,
        "{Path}: requests that waited for CollapseTimeout got 503, because every call to the origin for this response failed. "
        + "{Suppressed} more like this were not logged.",
        EventName = nameof(OriginFailed), SkipEnabledCheck = true)]
    private static partial void OriginFailedEscaped(ILogger logger, string path, long suppressed);

    public static void OutputOperation(this ILogger logger, string operation, string name, string outcome, string? reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            OutputOperationEscaped(logger, operation, LogEscaping.Escape(name), outcome, reason);
    }

    [LoggerMessage(40, LogLevel.Debug,
        "Output cache: {Operation} of {Name}: {Outcome} {Reason}.",
        EventName = nameof(OutputOperation), SkipEnabledCheck = true)]
    private static partial void OutputOperationEscaped(ILogger logger, string operation, string name, string outcome, string? reason);

    [LoggerMessage(41, LogLevel.Warning,
        "The output cache goes without Redis ({Operation}, {Reason}): the app answers. {Suppressed} more like this were not logged.")]
    public static partial void OutputStoreFailed(this ILogger logger, string operation, string reason, long suppressed, Exception failure);

    public static void OutputEvictionFailed(this ILogger logger, string tag, string reason, long suppressed, Exception failure)
    {
        if (logger.IsEnabled(LogLevel.Error))
            OutputEvictionFailedEscaped(logger, LogEscaping.Escape(tag), reason, suppressed, failure);
    }

    [LoggerMessage(42, LogLevel.Error,
        "The output cache could not evict by tag {Tag} ({Reason}): what carries it may still be served until it expires. "
        + "{Suppressed} more like this were not logged.",
        EventName = nameof(OutputEvictionFailed), SkipEnabledCheck = true)]
    private static partial void OutputEvictionFailedEscaped(ILogger logger, string tag, string reason, long suppressed, Exception failure);
}
