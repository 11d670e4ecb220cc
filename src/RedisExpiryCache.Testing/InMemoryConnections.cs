using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RedisExpiryCache.Testing;

/// <summary>Replaces the Redis of all caches of a container, whatever their settings name.</summary>
/// <remarks>After all settings of the application, so that the order of the calls does not matter.</remarks>
internal sealed class InMemoryConnections(
    InMemoryRedis redis, IEnumerable<TestSettings> settings) : IPostConfigureOptions<RedisExpiringCacheOptions>
{
    /// <summary>More than any machine needs, because a test must not depend on its load.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public void PostConfigure(string? name, RedisExpiringCacheOptions options)
    {
        options.OperationTimeout = options.ResponseCaching.OperationTimeout = Patience;
        if (string.IsNullOrEmpty(name))
        {
            foreach (var one in settings)
                one.Configure(options);
        }

        // The near cache lives by the real clock and by messages of a server that is not simulated.
        options.NearCache.Enabled = options.NearCache.IncludeData = false;
        options.ConfigurationOptions = redis.ConnectionTo(NameOf(options, name));
        options.ConnectionMultiplexerFactory = null;
        options.Configuration = null;
        options.Trailing = redis.Trailing;
    }

    /// <summary>Caches with one connection string share a Redis; a factory may connect anywhere, so each has one of its own.</summary>
    private static string NameOf(RedisExpiringCacheOptions options, string? name) => options switch
    {
        { ConnectionMultiplexerFactory: not null } => $"factory of {name}",
        { ConfigurationOptions: { } configuration } => EndpointsOf(configuration),
        { Configuration: { } text } => EndpointsOf(text),
        _ => "",
    };

    private static string EndpointsOf(string configuration)
    {
        try
        {
            return EndpointsOf(ConfigurationOptions.Parse(configuration));
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
        {
            return configuration;
        }
    }

    private static string EndpointsOf(ConfigurationOptions configuration) =>
        $"{string.Join(',', configuration.EndPoints.Select(static point => $"{point}").Order(StringComparer.Ordinal))}/{configuration.DefaultDatabase ?? 0}";
}

/// <summary>Settings for a test, which apply after those of the application.</summary>
internal sealed record TestSettings(Action<RedisExpiringCacheOptions> Configure);
