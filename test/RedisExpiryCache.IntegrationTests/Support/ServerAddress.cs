using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Where a contract finds its server: a connection string, or the connection to a server in memory.</summary>
public sealed class ServerAddress
{
    private readonly string? _text;
    private readonly ConfigurationOptions? _connection;

    private ServerAddress(string? text, ConfigurationOptions? connection) => (_text, _connection) = (text, connection);

    public static implicit operator ServerAddress(string connectionString) => new(connectionString, connection: null);

    public static ServerAddress Of(ConfigurationOptions connection) => new(text: null, connection);

    public void ApplyTo(RedisExpiringCacheOptions options) => (options.Configuration, options.ConfigurationOptions) = (_text, _connection);

    /// <summary>For a connection beside the cache, on a machine that is slow.</summary>
    public ConfigurationOptions Raw()
    {
        var raw = _connection?.Clone() ?? ConfigurationOptions.Parse(_text!);
        raw.AbortOnConnectFail = false;
        raw.ConnectTimeout = raw.AsyncTimeout = 20_000;
        return raw;
    }
}
