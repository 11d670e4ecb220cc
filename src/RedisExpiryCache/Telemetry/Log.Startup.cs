using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.Telemetry;

// What is found out when the application starts, and mistakes in how it is put together.
internal static partial class Log
{
    [LoggerMessage(78, LogLevel.Information, "Connected to Redis at {Endpoints}.")]
    public static partial void Connected(this ILogger logger, string endpoints);

    [LoggerMessage(79, LogLevel.Warning,
        "Cannot connect to Redis at {Endpoints} ({Reason}): nothing is cached until it can be reached. {Remedy}")]
    public static partial void NotConnected(this ILogger logger, string endpoints, string reason, string remedy);

    [LoggerMessage(80, LogLevel.Warning,
        "IDistributedCache is {Type}, registered after AddRedisExpiringCache: data, sessions included, is stored there and not by this library. "
        + "Remove that registration, or make it before AddRedisExpiringCache. See {Link}")]
    public static partial void OtherDistributedCache(this ILogger logger, string type, string link);

    [LoggerMessage(81, LogLevel.Warning,
        "{Endpoint} has an output cache policy and one of this response cache: each response is stored twice, and an eviction reaches one copy only. "
        + "Remove one of the two. See {Link}")]
    public static partial void OutputCacheToo(this ILogger logger, string endpoint, string link);

    [LoggerMessage(82, LogLevel.Warning,
        "{Endpoint} is marked to be cached and takes {Methods} only: only responses to GET and HEAD are cached. Move the attribute to a GET "
        + "endpoint, or use [RedisResponseCacheEvict] to evict responses after it has run. See {Link}")]
    public static partial void CachedMethodUnsafe(this ILogger logger, string endpoint, string methods, string link);

    [LoggerMessage(83, LogLevel.Warning,
        "{Endpoint} requires CORS and was answered without UseCors: UseRedisExpiringCache comes before it, so that hits have no CORS fields and "
        + "browsers refuse them. Call UseCors before UseRedisExpiringCache. See {Link}")]
    public static partial void CorsBehindCache(this ILogger logger, string endpoint, string link);
}
