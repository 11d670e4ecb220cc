using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RedisExpiryCache;
using RedisExpiryCache.Testing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the cache for the tests of an application, without Redis.</summary>
public static class RedisExpiringCacheTestingServiceCollectionExtensions
{
    /// <summary>Adds the cache, unless the application has, and keeps its entries in memory in place of Redis.</summary>
    /// <remarks>
    /// <para>
    /// The library runs unchanged: data, tags, stored responses, evictions, the store of the output cache and keyed caches behave as on
    /// Redis. The connection strings, options and factories of the application are not used, in whatever order the calls are made, and
    /// no connection is opened. Each container has entries of its own, which are gone when it is disposed. Caches that name the same
    /// endpoints share them, as in production.
    /// </para>
    /// <para>
    /// Time is that of the <see cref="TimeProvider"/> which is registered in the container, for the expiry of entries as well.
    /// <c>OperationTimeout</c> and <c>ResponseCaching.OperationTimeout</c> are one minute, so that a slow machine fails no test. Not
    /// simulated: the near cache, which is off, and failures of Redis.
    /// </para>
    /// </remarks>
    /// <param name="services">The services of the application under test.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    /// <example>
    /// <code>
    /// factory.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddRedisExpiringCacheForTesting()));
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCacheForTesting(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRedisExpiringCache();
        services.TryAddSingleton<InMemoryRedis>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RedisExpiringCacheOptions>, InMemoryConnections>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, TrailingWorkFilter>());
        return services;
    }

    /// <summary>
    /// Adds the cache in memory, as <see cref="AddRedisExpiringCacheForTesting(IServiceCollection)"/> does, with settings.
    /// </summary>
    /// <param name="services">The services of the application under test.</param>
    /// <param name="configure">Settings of the unkeyed cache, which apply after those of the application.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// factory.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
    ///     services.AddRedisExpiringCacheForTesting(options => options.ResponseCaching.Enabled = false)));
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCacheForTesting(
        this IServiceCollection services, Action<RedisExpiringCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSingleton(new TestSettings(configure)).AddRedisExpiringCacheForTesting();
    }

    /// <summary>
    /// Adds the cache in memory, as <see cref="AddRedisExpiringCacheForTesting(IServiceCollection)"/> does, with a clock.
    /// </summary>
    /// <param name="services">The services of the application under test.</param>
    /// <param name="timeProvider">The clock, which becomes the <see cref="TimeProvider"/> of the container.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// var clock = new FakeTimeProvider();
    /// factory.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddRedisExpiringCacheForTesting(clock)));
    /// clock.Advance(TimeSpan.FromMinutes(1));
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCacheForTesting(this IServiceCollection services, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(timeProvider);
        return services.Replace(ServiceDescriptor.Singleton(timeProvider)).AddRedisExpiringCacheForTesting();
    }

    /// <summary>
    /// Adds the cache in memory, as <see cref="AddRedisExpiringCacheForTesting(IServiceCollection)"/> does, with settings and a clock.
    /// </summary>
    /// <param name="services">The services of the application under test.</param>
    /// <param name="configure">Settings of the unkeyed cache, which apply after those of the application.</param>
    /// <param name="timeProvider">The clock, which becomes the <see cref="TimeProvider"/> of the container.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// var clock = new FakeTimeProvider();
    /// factory.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
    ///     services.AddRedisExpiringCacheForTesting(options => options.InstanceName = "test:", clock)));
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCacheForTesting(
        this IServiceCollection services, Action<RedisExpiringCacheOptions> configure, TimeProvider timeProvider) =>
        services.AddRedisExpiringCacheForTesting(configure).AddRedisExpiringCacheForTesting(timeProvider);
}
