using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using RedisExpiryCache;
using RedisExpiryCache.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the cache on an application builder, by the name of a connection string.</summary>
public static class RedisExpiringCacheHostApplicationBuilderExtensions
{
    private const string Section = "RedisExpiringCache";

    /// <summary>
    /// Adds the cache, connected by a named connection string, with the settings of the section <c>RedisExpiringCache</c>.
    /// </summary>
    /// <remarks>
    /// Settings are applied in this order: the section, where it exists, the connection string <c>ConnectionStrings:{name}</c>, then
    /// <paramref name="configure"/>. Where none of them names a connection, the registered
    /// <see cref="StackExchange.Redis.IConnectionMultiplexer"/> is used (the one under the key <paramref name="connectionName"/>, else the
    /// one without a key), as Aspire's <c>AddRedisClient</c> registers it. Where there is none either, the start fails with an
    /// <see cref="Options.OptionsValidationException"/> that says what to set.
    /// <para>The connection string is read at start-up. A later change takes effect at the next start; those of the section as with
    /// <see cref="RedisExpiringCacheServiceCollectionExtensions.AddRedisExpiringCache(IServiceCollection, IConfiguration)"/>.</para>
    /// </remarks>
    /// <param name="builder">The application's builder.</param>
    /// <param name="connectionName">The name of a connection string: <c>redis</c> for <c>ConnectionStrings:redis</c>. Letter case does not
    /// matter.</param>
    /// <param name="configure">Changes the settings, policies for example. Default: null, nothing to change.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connectionName"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="connectionName"/> is empty, or is itself a connection string.</exception>
    /// <example>
    /// <code>
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.AddRedisExpiringCache("redis", options => options.InstanceName = "shop:");
    /// </code>
    /// </example>
    public static IHostApplicationBuilder AddRedisExpiringCache(
        this IHostApplicationBuilder builder, string connectionName, Action<RedisExpiringCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        if (connectionName.AsSpan().ContainsAny(":,="))
        {
            throw new ArgumentException(
                "This overload takes the name of a connection string, such as \"redis\" for ConnectionStrings:redis. "
                + "Pass a connection string itself to builder.Services.AddRedisExpiringCache.",
                nameof(connectionName));
        }

        var section = builder.Configuration.GetSection(Section);
        builder.Services.AddReload(Options.Options.DefaultName, section);
        builder.Services.AddRedisExpiringCache(options => Apply(builder.Configuration, connectionName, options));
        return configure is null ? builder : builder.With(configure);
    }

    private static IHostApplicationBuilder With(this IHostApplicationBuilder builder, Action<RedisExpiringCacheOptions> configure)
    {
        builder.Services.AddRedisExpiringCache(configure);
        return builder;
    }

    private static void Apply(IConfiguration configuration, string connectionName, RedisExpiringCacheOptions options)
    {
        if (configuration.GetSection(Section) is var section && section.Exists())
            SettingsBinder.Apply(section, options);

        var names = configuration.GetSection("ConnectionStrings").GetChildren().Select(static connection => connection.Key);
        options.ConnectionName = new ConnectionName(connectionName, [.. names]);
        if (configuration.GetConnectionString(connectionName) is { } connectionString)
            options.Configuration = options.Configured[nameof(options.Configuration)] = connectionString;
    }
}
