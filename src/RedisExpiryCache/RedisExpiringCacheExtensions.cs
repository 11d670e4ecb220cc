using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache;
using RedisExpiryCache.Redis;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Policies;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the cache: <see cref="IDistributedCache"/>, <see cref="IRedisExpiringCache"/>, and what <c>UseRedisExpiringCache</c> needs.</summary>
public static class RedisExpiringCacheServiceCollectionExtensions
{
    /// <summary>Adds the cache with a StackExchange.Redis connection string, such as <c>localhost:6379</c>.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, string configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddRedisExpiringCache(options => options.Configuration = configuration);
    }

    /// <summary>
    /// Adds the cache with the settings of a configuration section, named as the properties of <see cref="RedisExpiringCacheOptions"/>:
    /// <c>Configuration</c>, <c>InstanceName</c>, <c>OperationTimeout</c>, <c>ResponseCaching:MaximumBodySize</c> and so on.
    /// </summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddRedisExpiringCache(options => RedisExpiringCacheSettings.Apply(configuration, options));
    }

    /// <summary>
    /// Adds the cache. Registered, as one singleton: <see cref="IDistributedCache"/>, <see cref="IBufferDistributedCache"/> and
    /// <see cref="IRedisExpiringCache"/>; and <see cref="IResponseCacheControl"/>. The settings are checked when the app starts: a wrong one is an
    /// <see cref="OptionsValidationException"/> that names it. Redis need not be there yet.
    /// </summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, Action<RedisExpiringCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddMetrics();
        services.AddOptions<RedisExpiringCacheOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisExpiringCacheOptions>, RedisExpiringCacheOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new CacheMetrics(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(static provider => new RedisExpiringCache(
            provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value,
            provider.GetRequiredService<CacheMetrics>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IRedisExpiringCache>(static provider => provider.GetRequiredService<RedisExpiringCache>());

        services.AddResponseCache();

        // In place of whatever an earlier call registered, AddDistributedMemoryCache included: the last one named is the one meant.
        services.Replace(ServiceDescriptor.Singleton<IDistributedCache>(static provider => provider.GetRequiredService<RedisExpiringCache>()));
        services.Replace(ServiceDescriptor.Singleton<IBufferDistributedCache>(static provider => provider.GetRequiredService<RedisExpiringCache>()));
        return services;
    }

    private static void AddResponseCache(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;
            return new ResponseKeys(options.InstanceName ?? "", options.ResponseCaching.IgnorePreferenceOrder);
        });
        services.TryAddSingleton(static provider => provider.GetRequiredService<RedisExpiringCache>().Connection.Clock);
        services.TryAddSingleton(static provider => new Generations(provider.GetRequiredService<RedisExpiringCache>().Connection));
        services.TryAddSingleton(static provider =>
            new RedisEntries(provider.GetRequiredService<RedisExpiringCache>().Connection, EntryFormat.Compact));
        services.TryAddSingleton<PolicyBook>();
        services.TryAddSingleton<ResponseReport>();
        services.TryAddSingleton<ResponseStore>();
        services.TryAddSingleton<ResponseEvictions>();
        services.TryAddSingleton<EndpointEvictions>();
        services.TryAddSingleton<IResponseCacheControl>(static provider => provider.GetRequiredService<ResponseEvictions>());
    }
}
