using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.DataCache;

/// <summary>Says what the data cache did, in the log and in the metrics, by the same names.</summary>
internal sealed class DataCacheTelemetry
{
    private readonly LogThrottle throttle = new();
    private readonly CacheMetrics metrics;
    private readonly ILogger logger;
    private readonly EntryWarnings warnings;

    public DataCacheTelemetry(CacheMetrics metrics, ILoggerFactory? loggerFactory)
    {
        this.metrics = metrics;
        logger = loggerFactory?.CreateLogger<RedisExpiringCache>() ?? NullLogger<RedisExpiringCache>.Instance;
        warnings = new EntryWarnings(logger);
    }

    public void WasRead(string key, MissReason miss, long started, HitLevel? level)
    {
        var outcome = miss == MissReason.None ? DataOutcome.Hit : DataOutcome.Miss;
        var reason = miss == MissReason.None ? null : miss.Token();
        metrics.DataOperation(started, DataOperation.Get, outcome, reason, level);
        logger.DataOperation(DataOperation.Get.Token(), key, outcome.Token(), reason);
        if (miss > MissReason.TagRemoved)
            warnings.Unreadable(key, miss);
    }

    public void Done(DataOperation operation, string key, long started)
    {
        metrics.DataOperation(started, operation, DataOutcome.Done, reason: null);
        logger.DataOperation(operation.Token(), key, DataOutcome.Done.Token(), reason: null);
    }

    /// <summary>An exception filter that counts what passes and lets it pass.</summary>
    public bool Failed(DataOperation operation, string key, Exception failure, long started)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        metrics.DataOperation(started, operation, DataOutcome.Error, kind);
        logger.DataOperation(operation.Token(), key, DataOutcome.Error.Token(), kind);
        return false;
    }

    /// <summary>The app goes on as if there were no cache.</summary>
    public void WentWithout(DataOperation operation, Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        if (throttle.IsDue($"{operation.Token()} {kind}", out var suppressed))
            logger.DataWithoutRedis(operation.Token(), kind, suppressed, failure);
    }

    public void SlideFailed(string key, Exception failure) =>
        metrics.DataOperation(CacheMetrics.Start(), DataOperation.Slide, DataOutcome.Error, warnings.SlideFailed(key, failure));
}
