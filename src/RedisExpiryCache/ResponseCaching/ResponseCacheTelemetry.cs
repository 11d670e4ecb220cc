using Microsoft.Extensions.Logging;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>How a request fared with the response cache.</summary>
internal enum ResponseOutcome
{
    /// <summary>Answered from the store.</summary>
    Hit,

    /// <summary>Answered from the store by 304: the client has it already.</summary>
    NotModified,

    /// <summary>Answered from the store, after the app has said that the response still holds.</summary>
    Validated,

    /// <summary>Answered with what the app has said to another request that wanted the same.</summary>
    Collapsed,

    /// <summary>Answered from the store, in place of an app that failed.</summary>
    StaleIfError,

    /// <summary>Answered by the app.</summary>
    Forwarded,

    /// <summary>The client wanted no answer but a stored one, and there was none: 504.</summary>
    GatewayTimeout,

    /// <summary>503: calls to the origin for the response failed for CollapseTimeout.</summary>
    OriginFailed,

    /// <summary>The app's response was stored.</summary>
    Stored,

    /// <summary>The app's response was not stored.</summary>
    NotStored,

    /// <summary>Evicted.</summary>
    Evicted,

    /// <summary>Marked stale: served until it has been made anew.</summary>
    MarkedStale,

    /// <summary>Redis failed.</summary>
    Error,
}

/// <summary>What an eviction names.</summary>
internal enum EvictionTarget
{
    Path,
    Tag,
    Group,
    Everything,
}

/// <summary>Says what the response cache did, in the log and in the metrics, by the names that <c>Cache-Status</c> uses.</summary>
internal sealed class ResponseCacheTelemetry(CacheMetrics metrics, ILogger<ResponseCacheMiddleware> logger)
{
    private readonly LogThrottle throttle = new();
    private readonly EntryWarnings warnings = new(logger);

    public static long Start() => CacheMetrics.Start();

    public void LookedUp(long started, ResponseOutcome outcome, HitLevel? level = null) =>
        metrics.ResponseLookup(started, outcome.Token(), level);

    public void Answered(string path, ResponseOutcome outcome, ForwardReason? reason = null, HitLevel? level = null)
    {
        metrics.ResponseRequest(outcome.Token(), reason?.Token(), level);
        logger.ResponseAnswered(path, outcome.Token(), reason?.Token());
    }

    public void OriginFailed(string path, ForwardReason reason)
    {
        Answered(path, ResponseOutcome.OriginFailed, reason);
        if (throttle.IsDue(ResponseOutcome.OriginFailed.Token(), out var suppressed, path))
            logger.OriginFailed(path, suppressed);
    }

    public void Stored(string path, TimeSpan? timeToLive)
    {
        metrics.ResponseStore(ResponseOutcome.Stored.Token(), reason: null);
        logger.ResponseStored(path, timeToLive);
    }

    public void NotStored(string path, string reason)
    {
        metrics.ResponseStore(ResponseOutcome.NotStored.Token(), reason);
        logger.ResponseNotStored(path, reason);
    }

    /// <summary>An unmarked endpoint, or a path without one, has answered for shared caches.</summary>
    public void FoundPublic(string path, string? endpoint) => logger.FoundPublic(path, endpoint);

    /// <summary>A copy in a content coding was stored: so many bytes in place of so many, or a note that it would be no shorter.</summary>
    public void Coded(string key, long length, long plainLength) => logger.ResponseCoded(key, length, plainLength);

    /// <summary>The client will not hear of the app's failure, so it is said here.</summary>
    public void AppFailed(string path, Exception failure)
    {
        if (throttle.IsDue($"{nameof(AppFailed)} {failure.GetType()}", out var suppressed, path))
            logger.AppFailed(path, suppressed, failure);
    }

    /// <summary>Clients go on being served with what is stored.</summary>
    public void RenewalFailed(string path, Exception failure)
    {
        if (throttle.IsDue($"{nameof(RenewalFailed)} {failure.GetType()}", out var suppressed, path))
            logger.RenewalFailed(path, suppressed, failure);
    }

    /// <summary>No further renewal of a page may start.</summary>
    public void RenewalsFull(string page, int most)
    {
        if (throttle.IsDue(nameof(RenewalsFull), out var suppressed, page))
            logger.RenewalsFull(page, most, suppressed);
    }

    /// <summary>The application runs on although a renewal was aborted.</summary>
    public void RenewalNotEnded(string path, TimeSpan limit)
    {
        if (throttle.IsDue(nameof(RenewalNotEnded), out var suppressed, path))
            logger.RenewalNotEnded(path, limit, suppressed);
    }

    /// <summary>A renewal did not come to the response cache under the key of the request that started it.</summary>
    public void NotRenewable(string path, RenewalOutcome outcome)
    {
        var reason = outcome == RenewalOutcome.KeyDiffers ? "key-differs" : "not-reached";
        if (throttle.IsDue(reason, out var suppressed, path))
            logger.NotRenewable(path, reason, suppressed);
    }

    public void Evicted(EvictionTarget target, string name, ResponseOutcome outcome)
    {
        metrics.Eviction(target.Token(), outcome.Token(), reason: null);
        logger.Evicted(target.Token(), name, outcome.Token());
    }

    public void EvictionFailed(EvictionTarget target, string name, Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        metrics.Eviction(target.Token(), ResponseOutcome.Error.Token(), kind);
        if (throttle.IsDue($"{nameof(EvictionFailed)} {target.Token()} {kind}", out var suppressed, name))
            logger.EvictionFailed(target.Token(), name, kind, suppressed, failure);
    }

    /// <summary>A policy varies by a claim that no signed-in user has.</summary>
    public void ClaimOnNoUser(string claimType, bool isAllowed) => logger.ClaimOnNoUser(
        claimType,
        isAllowed ? "users without it share their responses (AllowMissingClaims)" : "responses to users without it are not stored");

    public void Unreadable(string key, MissReason miss) => warnings.Unreadable(key, miss);

    public void SlideFailed(string key, Exception failure) => warnings.SlideFailed(key, failure);

    /// <summary>An unexpected error in this cache.</summary>
    /// <returns>Its name.</returns>
    public string InternalError(Exception mistake)
    {
        if (throttle.IsDue($"{nameof(InternalError)} {mistake.GetType()}", out var suppressed))
            logger.ResponseMistake(suppressed, mistake);
        return OperationErrorKind.Unexpected.Token();
    }

    /// <returns>The kind of the failure: why the store had no answer, or took none.</returns>
    public string StoreFailed(Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        if (throttle.IsDue(kind, out var suppressed))
            logger.ResponseStoreFailed(kind, suppressed, failure);

        return kind;
    }
}
