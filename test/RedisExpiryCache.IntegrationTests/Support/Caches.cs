using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>The cache under test, outside dependency injection.</summary>
internal static class Caches
{
    /// <summary>More than a test waits for: where the time of a call is not what the test is about.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static readonly DistributedCacheEntryOptions NoExpiry = new();

    public static RedisExpiringCache Connect(
        string? connectionString,
        Action<RedisExpiringCacheOptions>? configure = null,
        ILoggerProvider? log = null,
        RecordingMeters? meters = null,
        TimeProvider? time = null)
    {
        var options = new RedisExpiringCacheOptions { Configuration = connectionString, OperationTimeout = Patience };
        configure?.Invoke(options);
        var loggers = log is null ? null : LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        return new RedisExpiringCache(Options.Create(options), loggers, meters, time);
    }

    public static DistributedCacheEntryOptions Sliding(double seconds) => new() { SlidingExpiration = TimeSpan.FromSeconds(seconds) };

    public static DistributedCacheEntryOptions Relative(double seconds) =>
        new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(seconds) };

    public static DistributedCacheEntryOptions Both(double sliding, double relative) => new()
    {
        SlidingExpiration = TimeSpan.FromSeconds(sliding),
        AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(relative),
    };

    public static DistributedCacheEntryOptions At(DateTimeOffset end) => new() { AbsoluteExpiration = end };
}
