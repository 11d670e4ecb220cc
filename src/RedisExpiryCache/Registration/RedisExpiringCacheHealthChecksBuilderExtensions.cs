using Microsoft.Extensions.Diagnostics.HealthChecks;
using RedisExpiryCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of the cache.</summary>
public static class RedisExpiringCacheHealthChecksBuilderExtensions
{
    /// <summary>Adds a health check: Redis PING over the cache's own connection, within its operation timeout.</summary>
    /// <remarks>
    /// Healthy, with <c>latencyMs</c> in its data, when Redis replies; otherwise the failure status, with a <c>reason</c>:
    /// <c>redis-unavailable</c>, <c>redis-timeout</c>, <c>redis-refused</c>, <c>circuit-open</c>, or <c>unexpected</c> (a connection
    /// factory failed). <see cref="HealthStatus.Degraded"/> at worst for <c>circuit-open-for-writes</c>, <c>evictions-lost</c> and
    /// <c>renewals-stuck</c>. A report holds no exception, connection string or password. While it runs without
    /// <c>AddRedisExpiringCache</c>, the check throws an <see cref="InvalidOperationException"/>.
    /// </remarks>
    /// <param name="builder">From <c>services.AddHealthChecks()</c>.</param>
    /// <param name="name">The name of the check. Default: <c>redis-expiring-cache</c>.</param>
    /// <param name="failureStatus">What a failed check reports. Default: null, <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags for filters. Default: null, none.</param>
    /// <param name="timeout">A further limit beside <see cref="RedisExpiringCacheOptions.OperationTimeout"/>. Default: null, none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="name"/> is null.</exception>
    /// <example><code>builder.Services.AddHealthChecks().AddRedisExpiringCacheCheck(tags: ["ready"]);</code></example>
    public static IHealthChecksBuilder AddRedisExpiringCacheCheck(
        this IHealthChecksBuilder builder,
        string name = "redis-expiring-cache",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null) => builder.Add(serviceKey: null, name, failureStatus, tags, timeout);

    /// <summary>
    /// Adds a health check of the cache under a key, as <see cref="AddRedisExpiringCacheCheck"/> does for the one without.
    /// </summary>
    /// <param name="builder">From <c>services.AddHealthChecks()</c>.</param>
    /// <param name="serviceKey">As given to <c>services.AddKeyedRedisExpiringCache</c>.</param>
    /// <param name="name">The name of the check. Default: null, <c>redis-expiring-cache-</c> and the key.</param>
    /// <param name="failureStatus">What a failed check reports. Default: null, <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags for filters. Default: null, none.</param>
    /// <param name="timeout">A further limit beside <see cref="RedisExpiringCacheOptions.OperationTimeout"/>. Default: null, none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="serviceKey"/> is null.</exception>
    /// <example><code>builder.Services.AddHealthChecks().AddKeyedRedisExpiringCacheCheck("sessions");</code></example>
    public static IHealthChecksBuilder AddKeyedRedisExpiringCacheCheck(
        this IHealthChecksBuilder builder,
        object serviceKey,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return builder.Add(serviceKey, name ?? $"redis-expiring-cache-{serviceKey}", failureStatus, tags, timeout);
    }

    private static IHealthChecksBuilder Add(
        this IHealthChecksBuilder builder, object? serviceKey, string name, HealthStatus? failureStatus, IEnumerable<string>? tags, TimeSpan? timeout)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        return builder.Add(new HealthCheckRegistration(name, provider => CheckOf(provider, serviceKey), failureStatus, tags, timeout));
    }

    private static RedisHealthCheck CheckOf(IServiceProvider provider, object? serviceKey) =>
        provider.GetKeyedService<RedisExpiringCache>(serviceKey) is { } cache
            ? new RedisHealthCheck(cache.Connection, serviceKey is null ? StuckPagesOf(provider) : null)
            : throw new InvalidOperationException(serviceKey is null
                ? "The health check of the cache has none to check: add builder.Services.AddRedisExpiringCache(\"localhost:6379\") before builder.Build()."
                : $"The health check of the cache with the key '{serviceKey}' has none to check: add builder.Services.AddKeyedRedisExpiringCache with that key before builder.Build().");

    private static Func<int>? StuckPagesOf(IServiceProvider provider) =>
        provider.GetService<BackgroundRevalidation>() is { } renewals ? () => renewals.FullPages : null;
}
