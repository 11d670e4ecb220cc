using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache;
using RedisExpiryCache.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

public static partial class RedisExpiringCacheServiceCollectionExtensions
{
    /// <summary>Adds a further data cache under a key, with settings and a connection of its own.</summary>
    /// <remarks>
    /// One singleton is registered under the key as <see cref="IDistributedCache"/>, <see cref="IBufferDistributedCache"/> and <see
    /// cref="IRedisExpiringCache"/>; services without a key are not changed. It stores data only: <c>UseRedisExpiringCache</c> uses the
    /// cache without a key, and <c>ResponseCaching</c> has no effect here.
    /// <para>
    /// The settings are the named options of that name: the key, or its text where it is not a string
    /// (<c>services.Configure&lt;RedisExpiringCacheOptions&gt;("sessions", …)</c>). They are validated at start-up and do not change
    /// afterwards. Where they name no connection, the <c>IConnectionMultiplexer</c> registered under the same key is used. Two caches on
    /// one Redis with the same <c>InstanceName</c> share their entries.
    /// </para>
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The key is <see cref="KeyedService.AnyKey"/>, or its text is empty or that of another cache's key.
    /// </exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache("sessions");
    /// builder.Services.Configure&lt;RedisExpiringCacheOptions&gt;("sessions", options => options.Configuration = "localhost:6379");
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(this IServiceCollection services, object? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (serviceKey is null)
            return services.AddRedisExpiringCache();

        CheckKey(services, serviceKey);
        var name = NameOf(serviceKey);
        services.AddSettings(name, serviceKey);
        services.TryAddKeyedSingleton(
            serviceKey, (provider, _) => Create(provider, provider.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().Get(name)));
        if (!services.Any(service => Equals(service.ServiceKey, serviceKey) && service.ServiceType == typeof(IRedisExpiringCache)))
        {
            services.AddSingleton<IHostedService>(
                provider => NewStartupConnection(provider, provider.GetRequiredKeyedService<RedisExpiringCache>(serviceKey)));
        }

        services.TryAddKeyedSingleton<IRedisExpiringCache>(serviceKey, static (provider, key) => provider.GetRequiredKeyedService<RedisExpiringCache>(key));
        services.Replace(ServiceDescriptor.KeyedSingleton<IDistributedCache>(serviceKey, static (provider, key) => provider.GetRequiredKeyedService<RedisExpiringCache>(key)));
        services.Replace(ServiceDescriptor.KeyedSingleton<IBufferDistributedCache>(serviceKey, static (provider, key) => provider.GetRequiredKeyedService<RedisExpiringCache>(key)));
        return services;
    }

    /// <summary>Adds a further data cache under a key, with a connection string.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configuration">A StackExchange.Redis connection string, such as <c>localhost:6379</c>.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configuration"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example><code>builder.Services.AddKeyedRedisExpiringCache("sessions", "localhost:6379");</code></example>
    public static IServiceCollection AddKeyedRedisExpiringCache(this IServiceCollection services, object? serviceKey, string configuration)
    {
        ThrowIfNoConnectionString(configuration);
        return services.AddKeyedRedisExpiringCache(serviceKey, options => options.Configuration = configuration);
    }

    /// <summary>Adds a further data cache with a connection string and further settings.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configuration">A StackExchange.Redis connection string, such as <c>localhost:6379</c>.</param>
    /// <param name="configure">Changes the settings; called after the connection string was set.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument other than <paramref name="serviceKey"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache("sessions", "localhost:6379", options => options.InstanceName = "session:");
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(
        this IServiceCollection services, object? serviceKey, string configuration, Action<RedisExpiringCacheOptions> configure) =>
        services.AddKeyedRedisExpiringCache(serviceKey, configuration).AddKeyedRedisExpiringCache(serviceKey, configure);

    /// <summary>Adds a further data cache under a key, with the settings of a configuration section.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configuration">A section with the names of the properties of <see cref="RedisExpiringCacheOptions"/>.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configuration"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache("sessions", builder.Configuration.GetSection("Sessions"));
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(
        this IServiceCollection services, object? serviceKey, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddKeyedRedisExpiringCache(serviceKey).AddReload(NameOf(serviceKey), configuration);
        return services.AddKeyedRedisExpiringCache(serviceKey, options => SettingsBinder.Apply(configuration, options));
    }

    /// <summary>Adds a further data cache with the settings of a configuration section and further settings.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configuration">A section with the names of <see cref="RedisExpiringCacheOptions"/>.</param>
    /// <param name="configure">Changes the settings; called after those of the section, and again when the section changes.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument other than <paramref name="serviceKey"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache(
    ///     "sessions", builder.Configuration.GetSection("Sessions"), options => options.FailureMode = FailureMode.Degrade);
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(
        this IServiceCollection services, object? serviceKey, IConfiguration configuration, Action<RedisExpiringCacheOptions> configure) =>
        services.AddKeyedRedisExpiringCache(serviceKey, configuration).AddKeyedRedisExpiringCache(serviceKey, configure);

    /// <summary>Adds a further data cache under a key, with settings from code.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configure">Changes the settings. Called at start-up.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache("sessions", options =>
    /// {
    ///     options.Configuration = "localhost:6379";
    ///     options.InstanceName = "session:";
    /// });
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(
        this IServiceCollection services, object? serviceKey, Action<RedisExpiringCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddKeyedRedisExpiringCache(serviceKey).Configure(NameOf(serviceKey), configure);
    }

    /// <summary>Adds a further data cache under a key, with settings that need other services.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key. Null: the cache without a key.</param>
    /// <param name="configure">Changes the settings. Called at start-up, with the application's root provider: it has no scoped
    /// services.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is null.</exception>
    /// <exception cref="ArgumentException">As <see cref="AddKeyedRedisExpiringCache(IServiceCollection, object?)"/>.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyedRedisExpiringCache("sessions", (options, provider) =>
    ///     options.InstanceName = provider.GetRequiredService&lt;IHostEnvironment&gt;().ApplicationName + ":");
    /// </code>
    /// </example>
    public static IServiceCollection AddKeyedRedisExpiringCache(
        this IServiceCollection services, object? serviceKey, Action<RedisExpiringCacheOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddKeyedRedisExpiringCache(serviceKey).AddOptions<RedisExpiringCacheOptions>(NameOf(serviceKey)).Configure(configure);
        return services;
    }

    private static string NameOf(object? serviceKey) =>
        Convert.ToString(serviceKey, CultureInfo.InvariantCulture) ?? Options.Options.DefaultName;

    private static void CheckKey(IServiceCollection services, object serviceKey)
    {
        var name = NameOf(serviceKey);
        if (serviceKey == KeyedService.AnyKey || name.Length == 0)
            throw new ArgumentException("The key of a cache must be one of its own, with a text that is not empty: its settings go by that name.", nameof(serviceKey));

        var other = services.FirstOrDefault(service => service.IsKeyedService
            && service.ServiceType == typeof(RedisExpiringCache) && !serviceKey.Equals(service.ServiceKey) && NameOf(service.ServiceKey) == name);
        if (other is not null)
        {
            throw new ArgumentException(
                $"There is a cache with another key whose text is '{name}' too (of type {other.ServiceKey!.GetType()}): their settings would be mixed up.", nameof(serviceKey));
        }
    }
}
