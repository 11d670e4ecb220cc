using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>What a circuit stands for, as the metrics name it.</summary>
internal enum CircuitScope
{
    All,
    Writes,

    /// <summary>The connection for large values.</summary>
    Large,
}

/// <summary>Says how the connection fares, in the log and in the metrics. Reasons only, no exceptions: these hold addresses.</summary>
internal sealed class ConnectionTelemetry(CacheMetrics metrics, ILoggerFactory? loggerFactory)
{
    private readonly ILogger logger = loggerFactory?.CreateLogger<RedisConnection>() ?? NullLogger<RedisConnection>.Instance;
    private readonly LogThrottle throttle = new();

    public void Opened(CircuitScope scope, string endpoint, Exception failure)
    {
        metrics.CircuitOpen(1, scope.Token());
        logger.CircuitOpened(scope.Token(), NameOf(endpoint), RedisErrors.KindOf(failure).Token());
    }

    public void Closed(CircuitScope scope, string endpoint)
    {
        metrics.CircuitOpen(-1, scope.Token());
        logger.CircuitClosed(scope.Token(), NameOf(endpoint));
    }

    /// <summary>A large value did not arrive within its timeout.</summary>
    public void TooSlow(long size, TimeSpan pause)
    {
        if (throttle.IsDue(nameof(TooSlow)))
            logger.LargeValueTooSlow(size, pause.TotalSeconds);
    }

    /// <summary>Replies were not processed in time for want of a thread.</summary>
    public void PoolStarved()
    {
        if (throttle.IsDue(nameof(PoolStarved)))
            logger.PoolStarved();
    }

    public void Replaced() => logger.ConnectionReplaced();

    public void Denied(string word)
    {
        if (throttle.IsDue(word, out var suppressed))
            logger.Denied(word, suppressed);
    }

    public void GenerationDamaged(string key)
    {
        if (throttle.IsDue(nameof(GenerationDamaged), out var suppressed, key))
            logger.GenerationDamaged(key, suppressed);
    }

    public void EvictionsPending(int more) => metrics.EvictionsPending(more);

    public void EvictionsMadeUp(int count) => logger.EvictionsMadeUp(count);

    public void EvictionsLost(int count)
    {
        metrics.EvictionsLost(count);
        if (throttle.IsDue(nameof(EvictionsLost), out var suppressed))
            logger.EvictionsLost(suppressed);
    }

    public void NearOn()
    {
        metrics.NearActive(1);
        logger.NearCacheOn();
    }

    public void NearOff(bool isExpected)
    {
        metrics.NearActive(-1);
        if (!isExpected && throttle.IsDue(nameof(NearOff), out var suppressed))
            logger.NearCacheLost(suppressed);
    }

    public void NearRefused(string reason) => logger.NearCacheOff(reason);

    public void NearInvalidated() => metrics.NearInvalidated();

    /// <summary>An eviction that is still to be made up for could not be, for want of Redis or by a mistake of ours.</summary>
    public void ReplayFailed(Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        if (throttle.IsDue($"replay {kind}", out var suppressed))
            logger.ReplayFailed(kind, suppressed);
    }

    private static string NameOf(string endpoint) => endpoint.Length == 0 ? "the server" : endpoint;
}
