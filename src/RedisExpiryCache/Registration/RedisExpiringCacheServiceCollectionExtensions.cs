using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Configuration;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Locks;
using RedisExpiryCache.Registration;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Telemetry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers the cache: <see cref="IDistributedCache"/>, <see cref="IRedisExpiringCache"/>, and what <c>UseRedisExpiringCache</c> needs.
/// </summary>
public static partial class RedisExpiringCacheServiceCollectionExtensions
{
    /// <summary>
    /// What each URL's key held last. With it one round trip asks for the generations and the response alike; were it wrong, a second asks
    /// again.
    /// </summary>
    private const int RememberedUrls = 20_000;

    /// <summary>Adds the cache with settings that are configured elsewhere, by <c>services.Configure</c> or other overloads.</summary>
    /// <remarks>
    /// One singleton is registered as <see cref="IDistributedCache"/>, <see cref="IBufferDistributedCache"/> and <see
    /// cref="IRedisExpiringCache"/>, beside <see cref="IResponseCacheInvalidator"/> and, with <see
    /// cref="RedisExpiringCacheOptions.UseAsOutputCacheStore"/>, the store of the output cache. All overloads can be called several times:
    /// their settings add up in the order of the calls.
    /// <para>
    /// Where <c>Configuration</c>, <c>ConfigurationOptions</c> and <c>ConnectionMultiplexerFactory</c> are all unset, the <see
    /// cref="StackExchange.Redis.IConnectionMultiplexer"/> that the application has registered without a key is used. It is resolved at the
    /// first use, keeps its own settings, and is not disposed by the cache.
    /// </para>
    /// <para>
    /// All settings are validated at start-up: an invalid one is an <see cref="OptionsValidationException"/> that names it. Redis need not
    /// be reachable then. The settings that can change while the application runs are listed at <see
    /// cref="AddRedisExpiringCache(IServiceCollection, IConfiguration)"/>.
    /// </para>
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddRedisExpiringCache();
    /// builder.Services.Configure&lt;RedisExpiringCacheOptions&gt;(options => options.Configuration = "localhost:6379");
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSettings(Options.Options.DefaultName, serviceKey: null);

        // What was checked at start-up is what is used: by themselves the two would read the settings once each, the second time at the
        // first use.
        services.TryAddSingleton<IOptions<RedisExpiringCacheOptions>>(static provider =>
            Options.Options.Create(provider.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue));
        services.TryAddSingleton(static provider => Create(provider, provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value));
        services.TryAddSingleton<IRedisExpiringCache>(static provider => provider.GetRequiredService<RedisExpiringCache>());

        services.TryAddSingleton(new DistributedCacheCheck(services));
        services.TryAddSingleton(static provider => NewStartupConnection(provider, provider.GetRequiredService<RedisExpiringCache>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupConnection>(
            static provider => provider.GetRequiredService<StartupConnection>()));
        services.AddResponseCache();
        services.AddOutputCacheStore();

        // In place of whatever an earlier call registered, AddDistributedMemoryCache included: the last one named is the one meant.
        services.Replace(ServiceDescriptor.Singleton<IDistributedCache>(static provider => provider.GetRequiredService<RedisExpiringCache>()));
        services.Replace(ServiceDescriptor.Singleton<IBufferDistributedCache>(static provider => provider.GetRequiredService<RedisExpiringCache>()));
        return services;
    }

    /// <summary>Adds the cache with a connection string.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">A StackExchange.Redis connection string, such as <c>localhost:6379</c>.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example><code>builder.Services.AddRedisExpiringCache("localhost:6379");</code></example>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, string configuration)
    {
        ThrowIfNoConnectionString(configuration);
        return services.AddRedisExpiringCache(options => options.Configuration = configuration);
    }

    /// <summary>Adds the cache with a connection string and further settings.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">A StackExchange.Redis connection string, such as <c>localhost:6379</c>.</param>
    /// <param name="configure">Changes the settings; called after the connection string was set.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddRedisExpiringCache("localhost:6379", options => options.InstanceName = "shop:");
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCache(
        this IServiceCollection services, string configuration, Action<RedisExpiringCacheOptions> configure) =>
        services.AddRedisExpiringCache(configuration).AddRedisExpiringCache(configure);

    /// <summary>Adds the cache with the settings of a configuration section.</summary>
    /// <remarks>
    /// The names are those of the properties of <see cref="RedisExpiringCacheOptions"/>: <c>Configuration</c>, <c>InstanceName</c>,
    /// <c>ResponseCaching:MaximumBodySize</c>. docs/settings.md lists all of them. An unknown name stops the start of the application.
    /// <para>
    /// When the section changes while the application runs, it is read and validated again. <see cref="ResponseCachingOptions.Enabled"/>,
    /// <see cref="ResponseCachingOptions.EmitCacheStatus"/>, <see cref="ResponseCachingOptions.DefaultDuration"/> and
    /// <see cref="ResponseCachingOptions.MaximumBodySize"/> take effect with the next request; the others at the next start, which a log
    /// warning says. Where the new settings are invalid, the log says why, and the old ones stay.
    /// </para>
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">The section, usually <c>RedisExpiringCache</c>.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example><code>builder.Services.AddRedisExpiringCache(builder.Configuration.GetSection("RedisExpiringCache"));</code></example>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddReload(Options.Options.DefaultName, configuration);
        return services.AddRedisExpiringCache(options => SettingsBinder.Apply(configuration, options));
    }

    /// <summary>Adds the cache with the settings of a configuration section and further settings, such as policies.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">A section as <see cref="AddRedisExpiringCache(IServiceCollection, IConfiguration)"/> takes it.</param>
    /// <param name="configure">Changes the settings; called after those of the section, and again when the section changes.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddRedisExpiringCache(
    ///     builder.Configuration.GetSection("RedisExpiringCache"),
    ///     options => options.ResponseCaching.AddPolicy("hourly", policy => policy.Expire(TimeSpan.FromHours(1))));
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCache(
        this IServiceCollection services, IConfiguration configuration, Action<RedisExpiringCacheOptions> configure) =>
        services.AddRedisExpiringCache(configuration).AddRedisExpiringCache(configure);

    /// <summary>Adds the cache with settings from code.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">
    /// Changes the settings. Called at start-up, and again when a configuration section that was passed changes.
    /// </param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddRedisExpiringCache(options =>
    /// {
    ///     options.Configuration = "localhost:6379";
    ///     options.InstanceName = "shop:";
    /// });
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCache(this IServiceCollection services, Action<RedisExpiringCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddRedisExpiringCache().Configure(configure);
    }

    /// <summary>Adds the cache with settings that need other services.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">
    /// Changes the settings. Called at start-up, and again when a configuration section that was passed changes. The provider is the
    /// application's root: it has no scoped services.
    /// </param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddRedisExpiringCache((options, provider) =>
    ///     options.InstanceName = provider.GetRequiredService&lt;IHostEnvironment&gt;().ApplicationName + ":");
    /// </code>
    /// </example>
    public static IServiceCollection AddRedisExpiringCache(
        this IServiceCollection services, Action<RedisExpiringCacheOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddRedisExpiringCache().AddOptions<RedisExpiringCacheOptions>().Configure(configure);
        return services;
    }

    private static void ThrowIfNoConnectionString([NotNull] string? configuration)
    {
        if (configuration is null)
        {
            throw new ArgumentNullException(
                nameof(configuration),
                "There is no Redis connection string. If it comes from GetConnectionString(\"Redis\"): is ConnectionStrings:Redis set, "
                + "in appsettings.json or as the environment variable ConnectionStrings__Redis?");
        }
    }

    private static StartupConnection NewStartupConnection(IServiceProvider provider, RedisExpiringCache cache) =>
        new(cache.Connection, provider.GetService<ILoggerFactory>());

    private static RedisExpiringCache Create(IServiceProvider provider, RedisExpiringCacheOptions options) => new(
        options, provider.GetRequiredService<CacheMetrics>(), provider.GetService<ILoggerFactory>(), provider.GetRequiredService<TimeProvider>());

    internal static void AddReload(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton<IOptionsChangeTokenSource<RedisExpiringCacheOptions>>(new ConfigurationChangeTokenSource<RedisExpiringCacheOptions>(name, configuration));
    }

    /// <summary>What each cache needs, the keyed ones too: its settings, checked at start-up, and what all of them share.</summary>
    private static void AddSettings(this IServiceCollection services, string name, object? serviceKey)
    {
        services.AddMetrics();
        services.AddOptions<RedisExpiringCacheOptions>(name)
            .PostConfigure<IServiceProvider>((options, provider) => RegisteredMultiplexer.Adopt(options, provider, serviceKey))
            .ValidateOnStart();
        services.TryAddSingleton<IOptionsFactory<RedisExpiringCacheOptions>, ReloadingOptionsFactory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisExpiringCacheOptions>, RedisExpiringCacheOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new CacheMetrics(provider.GetService<IMeterFactory>()));
    }

    private static void AddResponseCache(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;
            return new ResponseKeys(options.InstanceName ?? "", options.ResponseCaching.IgnorePreferenceOrder);
        });
        services.TryAddSingleton(static provider => provider.GetRequiredService<RedisExpiringCache>().Connection.Clock);
        services.TryAddSingleton(static provider => provider.GetRequiredService<RedisExpiringCache>().Connection.Pending);
        services.TryAddSingleton(static provider => new RedisExecutor(provider.GetRequiredService<RedisExpiringCache>().Connection));
        services.TryAddSingleton(static provider => new GenerationStore(provider.GetRequiredService<RedisExpiringCache>().Connection));
        services.TryAddSingleton(static provider =>
        {
            var connection = provider.GetRequiredService<RedisExpiringCache>().Connection;
            return new EntryStore(connection, EntryFormat.Compact, EntryKind.Response, connection.Near);
        });
        services.TryAddSingleton(static _ => new BoundedCache<VariantIndex>(RememberedUrls));
        services.TryAddSingleton(static provider => new NearResponseLookup(
            provider.GetRequiredService<RedisExpiringCache>().Connection.Near,
            provider.GetRequiredService<GenerationStore>(),
            provider.GetRequiredService<ResponseKeys>(),
            provider.GetRequiredService<BoundedCache<VariantIndex>>()));
        services.TryAddSingleton<EndpointIdentities>();
        services.TryAddSingleton<PublicEndpoints>();
        services.TryAddSingleton<CorrespondingGetRouting>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<MvcOptions>, EndpointExecutionMvcOptions>());
        services.TryAddSingleton<PolicyProvider>();
        services.TryAddSingleton<EndpointCatalog>();
        services.TryAddSingleton<ResponseCacheTelemetry>();
        services.TryAddSingleton(static provider => ActivatorUtilities.CreateInstance<ResponseLookups>(provider, provider.GetRequiredService<RedisExpiringCache>().Connection));
        services.TryAddSingleton(static provider => new VariantList(provider.GetRequiredService<RedisExecutor>()));
        services.TryAddSingleton<ResponseStore>();
        services.TryAddSingleton<EncodedCopies>();
        services.TryAddSingleton<ResponseCacheInvalidator>();
        services.TryAddSingleton<EndpointEvictionRunner>();
        services.TryAddSingleton(static provider => new DistributedLock(provider.GetRequiredService<RedisExecutor>()));
        services.TryAddSingleton<RequestCollapser>();
        services.AddRenewalPipeline();
        services.TryAddSingleton<BackgroundRevalidation>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BackgroundRevalidation>(static provider => provider.GetRequiredService<BackgroundRevalidation>()));
        services.TryAddSingleton<IResponseCacheInvalidator>(static provider => provider.GetRequiredService<ResponseCacheInvalidator>());
        services.TryAddSingleton<StartupChecks>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, PlacementCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupChecks>(static provider => provider.GetRequiredService<StartupChecks>()));
    }

    /// <summary>In front of all other startup filters, so that a renewal runs through what they add as well.</summary>
    private static void AddRenewalPipeline(this IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(RenewalPipeline)))
            return;

        services.AddSingleton<RenewalPipeline>();
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter>(static provider => provider.GetRequiredService<RenewalPipeline>()));
    }
}
