namespace RedisExpiryCache.Configuration;

/// <summary>The name by which the application referred to its connection string.</summary>
/// <param name="Name">Also the key of a registered multiplexer.</param>
/// <param name="Configured">The names of all connection strings in the configuration, for the message about a missing one.</param>
internal sealed record ConnectionName(string Name, IReadOnlyList<string> Configured)
{
    /// <summary>Continues a sentence that begins with the name of the setting.</summary>
    public string MissingText =>
        $"is empty, because the connection string '{Name}' is missing or empty: set ConnectionStrings:{Name} in appsettings.json, or the "
        + $"environment variable ConnectionStrings__{Name}, to a StackExchange.Redis connection string such as \"localhost:6379\"; or register an "
        + $"IConnectionMultiplexer, as Aspire's AddRedisClient(\"{Name}\") does. {ConfiguredText}";

    private string ConfiguredText => Configured.Count == 0
        ? "There are no connection strings in the configuration."
        : $"Connection strings in the configuration: {string.Join(", ", Configured)}.";
}
