using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>A connection that the app has registered for purposes of its own, used where the settings name none.</summary>
internal static class RegisteredMultiplexer
{
    /// <param name="options">As configured.</param>
    /// <param name="provider">Asked now whether there is one, and for the multiplexer itself only when it is to be used: making it may mean
    /// connecting.</param>
    /// <param name="serviceKey">That of the cache; null: the unkeyed one.</param>
    public static void Adopt(RedisExpiringCacheOptions options, IServiceProvider provider, object? serviceKey)
    {
        // An empty text was meant to be a connection string: that is a mistake to be named, not to be covered up.
        if (options is not { Configuration: null, ConfigurationOptions: null, ConnectionMultiplexerFactory: null })
            return;

        if (options.ConnectionName is { } connection && IsRegistered(provider, connection.Name))
            serviceKey = connection.Name;

        if (IsRegistered(provider, serviceKey))
            options.ConnectionMultiplexerFactory = () => Task.FromResult(provider.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey));
    }

    private static bool IsRegistered(IServiceProvider provider, object? key) =>
        provider.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(IConnectionMultiplexer), key) is true;
}
