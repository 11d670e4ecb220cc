using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.OutputCaching;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Registration;

internal static class OutputCacheRegistration
{
    /// <summary>
    /// Registers a store that is chosen when it is first asked for, because only then the options are known: ours, or the one that stood
    /// here before. <c>AddOutputCache</c> adds its own store only where there is none, so when it is called after this, its store is made
    /// as it would have made it.
    /// </summary>
    public static void AddOutputCacheStore(this IServiceCollection services)
    {
        // A second call adds settings, and must not take the first one's registration for somebody else's store.
        if (services.Any(static service => service.ServiceType == typeof(OutputCacheStore)))
            return;

        services.AddSingleton(static provider => new OutputCacheStore(
            new EntryStore(provider.GetRequiredService<RedisExpiringCache>().Connection, EntryFormat.Compact, EntryKind.OutputCache),
            provider.GetRequiredService<GenerationStore>(),
            provider.GetRequiredService<ServerClock>(),
            new OutputCacheTelemetry(provider.GetRequiredService<CacheMetrics>(), provider.GetService<ILoggerFactory>()),
            OptionsOf(provider).InstanceName ?? ""));

        var before = StoreIn(services);
        if (before is not null)
            services.Remove(before);

        services.AddSingleton<IOutputCacheStore>(provider => OptionsOf(provider).UseAsOutputCacheStore
            ? provider.GetRequiredService<OutputCacheStore>()
            : Make(before ?? Microsofts(provider), provider)!);
    }

    /// <summary>What AddOutputCache would have added; null where it was not called, for then there was to be none.</summary>
    private static ServiceDescriptor? Microsofts(IServiceProvider provider)
    {
        var ofOutputCache = typeof(IOutputCacheStore).Assembly;
        return provider.GetServices<IConfigureOptions<OutputCacheOptions>>().Any(setup => setup.GetType().Assembly == ofOutputCache)
            ? StoreIn(new ServiceCollection().AddOutputCache())
            : null;
    }

    private static ServiceDescriptor? StoreIn(IServiceCollection services) =>
        services.LastOrDefault(static service => service.ServiceType == typeof(IOutputCacheStore) && !service.IsKeyedService);

    private static IOutputCacheStore? Make(ServiceDescriptor? store, IServiceProvider provider) =>
        store is null ? null : (IOutputCacheStore)(
        store.ImplementationInstance
        ?? store.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, store.ImplementationType!));

    private static RedisExpiringCacheOptions OptionsOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;
}
