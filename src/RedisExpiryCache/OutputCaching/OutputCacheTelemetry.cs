using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.OutputCaching;

/// <summary>The calls of the output cache's store, as the metrics name them.</summary>
internal enum OutputCacheOperation
{
    Get,
    Set,
    EvictByTag,
}

/// <summary>Says what the output cache's store did, in the log and in the metrics, by the same names.</summary>
internal sealed class OutputCacheTelemetry
{
    private readonly LogThrottle throttle = new();
    private readonly CacheMetrics metrics;
    private readonly ILogger logger;
    private readonly EntryWarnings warnings;

    public OutputCacheTelemetry(CacheMetrics metrics, ILoggerFactory? loggerFactory)
    {
        this.metrics = metrics;
        logger = loggerFactory?.CreateLogger<OutputCacheStore>() ?? NullLogger<OutputCacheStore>.Instance;
        warnings = new EntryWarnings(logger);
    }

    public static long Start() => CacheMetrics.Start();

    public void WasRead(string key, MissReason miss, long started)
    {
        if (miss == MissReason.None)
        {
            Ended(OutputCacheOperation.Get, key, DataOutcome.Hit, reason: null, started);
            return;
        }

        Ended(OutputCacheOperation.Get, key, DataOutcome.Miss, miss.Token(), started);
        if (miss > MissReason.TagRemoved)
            warnings.Unreadable(OutputCacheKeys.NameOf(key), miss);
    }

    public void Done(OutputCacheOperation operation, string key, long started) =>
        Ended(operation, key, DataOutcome.Done, reason: null, started);

    /// <summary>A lookup or a store that the app goes without.</summary>
    public void Failed(OutputCacheOperation operation, string key, Exception failure, long started)
    {
        var kind = RedisErrors.KindOf(failure);
        Ended(operation, key, DataOutcome.Error, kind.Token(), started);
        if (kind != OperationErrorKind.Canceled && throttle.IsDue($"{operation.Token()} {kind.Token()}", out var suppressed))
            logger.OutputStoreFailed(operation.Token(), kind.Token(), suppressed, failure);
    }

    public void EvictionFailed(string tag, Exception failure, long started)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        Ended(OutputCacheOperation.EvictByTag, tag, DataOutcome.Error, kind, started);
        var name = OutputCacheKeys.NameOf(tag);
        if (throttle.IsDue($"{OutputCacheOperation.EvictByTag.Token()} {kind}", out var suppressed, name))
            logger.OutputEvictionFailed(name, kind, suppressed, failure);
    }

    private void Ended(OutputCacheOperation operation, string key, DataOutcome outcome, string? reason, long started)
    {
        metrics.OutputOperation(started, operation.Token(), outcome.Token(), reason);
        if (logger.IsEnabled(LogLevel.Debug))
            logger.OutputOperation(operation.Token(), OutputCacheKeys.NameOf(key), outcome.Token(), reason);
    }
}
