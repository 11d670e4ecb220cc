using Microsoft.Extensions.Logging;

namespace RedisExpiryCache;

/// <summary>
/// Every event that is logged, numbered: 1-19 the data cache, 20-39 responses, 40-49 the output
/// cache's store, 50-59 the connection, 60-69 settings that change while the app runs. Outcomes and reasons are those of the metrics and of
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

    [LoggerMessage(4, LogLevel.Warning, "The data cache goes without Redis ({Operation}, {Reason}): a read is a miss, a write is dropped, a removal is made up for later. Said once a minute.")]
    public static partial void DataWithoutRedis(this ILogger logger, string operation, string reason, Exception failure);

    [LoggerMessage(20, LogLevel.Debug, "{Path}: {Outcome} {Reason}.")]
    public static partial void ResponseAnswered(this ILogger logger, string path, string outcome, string? reason);

    [LoggerMessage(21, LogLevel.Debug, "The response for {Path} was stored; time to live {TimeToLive}.")]
    public static partial void ResponseStored(this ILogger logger, string path, TimeSpan? timeToLive);

    [LoggerMessage(22, LogLevel.Debug, "The response for {Path} was not stored: {Reason}.")]
    public static partial void ResponseNotStored(this ILogger logger, string path, string reason);

    [LoggerMessage(23, LogLevel.Debug, "Stored responses by {Target} {Name}: {Outcome}.")]
    public static partial void Evicted(this ILogger logger, string target, string name, string outcome);

    [LoggerMessage(24, LogLevel.Error, "Stored responses could not be evicted, by {Target} {Name} ({Reason}): this process serves them no more and evicts them once Redis can be asked; other processes may serve them until then.")]
    public static partial void EvictionFailed(this ILogger logger, string target, string name, string reason, Exception failure);

    [LoggerMessage(25, LogLevel.Warning, "The response cache goes without Redis ({Reason}): the app answers. Said once a minute.")]
    public static partial void ResponseStoreFailed(this ILogger logger, string reason, Exception failure);

    [LoggerMessage(26, LogLevel.Error, "The response cache made a mistake; the app answers. Please report it.")]
    public static partial void ResponseMistake(this ILogger logger, Exception mistake);

    [LoggerMessage(27, LogLevel.Error, "The app failed on {Path}; the client got the stored response in its place.")]
    public static partial void AppFailed(this ILogger logger, string path, Exception failure);

    [LoggerMessage(28, LogLevel.Warning, "UseRedisExpiringCache was not called, so the attributes [RedisResponseCache] and [RedisResponseCacheEvict] of {Count} endpoint(s) do nothing: {Endpoints}.")]
    public static partial void AttributesWithoutMiddleware(this ILogger logger, int count, string endpoints);

    [LoggerMessage(29, LogLevel.Error, "The app failed on {Path} while its stale response was to be renewed in the background; it is tried again later.")]
    public static partial void RenewalFailed(this ILogger logger, string path, Exception failure);

    [LoggerMessage(30, LogLevel.Warning, "VaryByClaim names the claim type {ClaimType}, which no signed-in user has had so far: {Effect}. "
        + "Compare the type with the claims that the authentication handler makes. Logged once per claim type.")]
    public static partial void ClaimOnNoUser(this ILogger logger, string claimType, string effect);

    [LoggerMessage(31, LogLevel.Warning, "[RedisResponseCache], CacheResponse or an eviction did nothing on {Endpoint}: {Cause}. {Remedy} "
        + "UseRedisExpiringCache belongs behind UseRouting and in front of the endpoints. Logged once.")]
    public static partial void AttributesPassedBy(this ILogger logger, string endpoint, string cause, string remedy);

    [LoggerMessage(32, LogLevel.Warning, "Responses vary by host, and AllowedHosts is missing or *: each Host field that a client makes up "
        + "becomes keys in Redis. Set AllowedHosts to the hosts of this application, or VaryByHost(false) in a base policy.")]
    public static partial void HostsNotFiltered(this ILogger logger);

    [LoggerMessage(34, LogLevel.Warning,
        "{Path} cannot be renewed in the background ({Reason}): run again without the client's connection, its request did not reach "
        + "the response cache under the same key. It is revalidated while a client waits. Logged at most once per minute and path.")]
    public static partial void NotRenewable(this ILogger logger, string path, string reason);

    [LoggerMessage(36, LogLevel.Debug, "A copy in a content coding was made: {Key}, {Length} bytes from {PlainLength}.")]
    public static partial void ResponseCoded(this ILogger logger, string key, long length, long plainLength);

    [LoggerMessage(37, LogLevel.Warning, "On handler methods of Razor Pages [RedisResponseCache] and [RedisResponseCacheEvict] do nothing: put them on the page's model. Found on {Handlers}.")]
    public static partial void AttributesOnHandlers(this ILogger logger, string handlers);

    [LoggerMessage(38, LogLevel.Warning, "A request came to UseRedisExpiringCache a second time, by a branch that has it too: the inner one steps aside. Remove one of the calls. Said once.")]
    public static partial void ResponseCacheTwice(this ILogger logger);

    [LoggerMessage(
        39,
        LogLevel.Warning,
        "Endpoints named {DisplayName} have the same route, name, methods, hosts and handler: their responses are cached for this process "
        + "alone. Give each another name (WithDisplayName or WithName).")]
    public static partial void EndpointsAlike(this ILogger logger, string displayName);

    [LoggerMessage(75, LogLevel.Warning, "{Path}: requests that waited for CollapseTimeout got 503, because every call to the origin for this response failed. Logged at most once per minute.")]
    public static partial void OriginFailed(this ILogger logger, string path);

    [LoggerMessage(40, LogLevel.Debug, "Output cache: {Operation} of {Name}: {Outcome} {Reason}.")]
    public static partial void OutputOperation(this ILogger logger, string operation, string name, string outcome, string? reason);

    [LoggerMessage(41, LogLevel.Warning, "The output cache goes without Redis ({Operation}, {Reason}): the app answers. Said once a minute.")]
    public static partial void OutputStoreFailed(this ILogger logger, string operation, string reason, Exception failure);

    [LoggerMessage(42, LogLevel.Error, "The output cache could not evict by tag {Tag} ({Reason}): what carries it may still be served until it expires.")]
    public static partial void OutputEvictionFailed(this ILogger logger, string tag, string reason, Exception failure);

    [LoggerMessage(50, LogLevel.Warning, "The circuit to Redis is open, for {Scope} of {Endpoint} ({Reason}): calls end at once until Redis answers again.")]
    public static partial void CircuitOpened(this ILogger logger, string scope, string endpoint, string reason);

    [LoggerMessage(51, LogLevel.Information, "The circuit to Redis is closed again, for {Scope} of {Endpoint}.")]
    public static partial void CircuitClosed(this ILogger logger, string scope, string endpoint);

    [LoggerMessage(52, LogLevel.Warning, "Redis turns this app away ({Word}): look at its user, its password and its permissions. Said once a minute.")]
    public static partial void Denied(this ILogger logger, string word);

    [LoggerMessage(53, LogLevel.Information, "{Count} eviction(s) that Redis could not be asked for were made up for.")]
    public static partial void EvictionsMadeUp(this ILogger logger, int count);

    [LoggerMessage(54, LogLevel.Error, "More was removed while Redis was away than can be remembered: the data cache reads nothing until Redis is back, and may then read what was removed. Said once a minute.")]
    public static partial void EvictionsLost(this ILogger logger);

    [LoggerMessage(55, LogLevel.Warning, "Evictions are still to be made up for ({Reason}). Said once a minute.")]
    public static partial void ReplayFailed(this ILogger logger, string reason);

    [LoggerMessage(56, LogLevel.Warning, "The connection to Redis was silent though Redis answers on another one, which has taken its place.")]
    public static partial void ConnectionReplaced(this ILogger logger);

    [LoggerMessage(57, LogLevel.Information, "The near cache is on: Redis is heard.")]
    public static partial void NearCacheOn(this ILogger logger);

    [LoggerMessage(58, LogLevel.Warning, "The near cache has not heard Redis, or a connection that it hears by is lost: it is empty and passed over until Redis is heard again, and Redis is asked for everything. Said once a minute.")]
    public static partial void NearCacheLost(this ILogger logger);

    [LoggerMessage(59, LogLevel.Warning, "The near cache is off: {Reason}. Redis is asked for everything; it is tried again from time to time.")]
    public static partial void NearCacheOff(this ILogger logger, string reason);

    [LoggerMessage(60, LogLevel.Warning, "The changed settings of {Cache} are refused, and those before stay in use: {Wrong}")]
    public static partial void SettingsRefused(this ILogger logger, string cache, string wrong, Exception? failure);

    [LoggerMessage(61, LogLevel.Warning, "Settings of {Cache} have changed that cannot change while the app runs: {Settings}. Restart to apply them.")]
    public static partial void SettingsWaitForRestart(this ILogger logger, string cache, string settings);

    [LoggerMessage(62, LogLevel.Information, "Settings of {Cache} have changed, and count from the next request: {Settings}.")]
    public static partial void SettingsTaken(this ILogger logger, string cache, string settings);

    [LoggerMessage(
        72,
        LogLevel.Warning,
        "The value under {Key} is not a generation that this library wrote: it counts as missing, and the next store replaces it. "
        + "Logged at most once per minute and key.")]
    public static partial void GenerationDamaged(this ILogger logger, string key);

    [LoggerMessage(70, LogLevel.Warning, "A value of {Size} bytes did not arrive from Redis within its timeout: it is not read or stored "
        + "for {Seconds} s. Raise OperationTimeout, lower MaximumBodySize, or widen the link. Logged at most once per minute.")]
    public static partial void LargeValueTooSlow(this ILogger logger, long size, double seconds);

    [LoggerMessage(71, LogLevel.Warning, "Replies of Redis were not processed in time, because callers that block occupy the thread pool. "
        + "Call asynchronously (for Session: await LoadAsync first), or set DedicatedConnectionThreads. Logged at most once per minute.")]
    public static partial void PoolStarved(this ILogger logger);
}
