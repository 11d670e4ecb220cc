using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>Creates the options in use; a reload changes only the settings that can change while the application runs.</summary>
/// <remarks>The first options throw if they are invalid; later ones are refused and logged. See docs/design/reload.md.</remarks>
internal sealed class ReloadingOptionsFactory(
    IEnumerable<IConfigureOptions<RedisExpiringCacheOptions>> setups,
    IEnumerable<IPostConfigureOptions<RedisExpiringCacheOptions>> postConfigures,
    IEnumerable<IValidateOptions<RedisExpiringCacheOptions>> validations,
    ILogger<ReloadingOptionsFactory>? logger = null) : IOptionsFactory<RedisExpiringCacheOptions>
{
    internal static readonly Dictionary<string, Func<ResponseCachingOptions, object?>> Reloadable = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ResponseCaching:Enabled"] = static options => options.Enabled,
        ["ResponseCaching:EmitCacheStatus"] = static options => options.EmitCacheStatus,
        ["ResponseCaching:DefaultDuration"] = static options => options.DefaultDuration,
        ["ResponseCaching:MaximumBodySize"] = static options => options.MaximumBodySize,
    };

    private readonly OptionsFactory<RedisExpiringCacheOptions> factory = new(setups, postConfigures, validations);
    private readonly Lock gate = new();
    private readonly Dictionary<string, InUse> inUse = new(StringComparer.Ordinal);

    /// <param name="Options">The options in use.</param>
    /// <param name="Warning">The last warning about a reload: each is logged once, however often the configuration reloads.</param>
    private sealed record InUse(RedisExpiringCacheOptions Options, string? Warning = null);

    public RedisExpiringCacheOptions Create(string name)
    {
        lock (gate)
            return (inUse[name] = inUse.TryGetValue(name, out var before) ? Reload(name, before) : new InUse(factory.Create(name))).Options;
    }

    private InUse Reload(string name, InUse before)
    {
        var cache = name.Length == 0 ? "the cache" : $"the cache with the key '{name}'";
        RedisExpiringCacheOptions read;
        try
        {
            read = factory.Create(name);
        }
        catch (Exception failure)
        {
            var (wrong, exception) = failure is OptionsValidationException ? (failure.Message, null) : ("they could not be made", failure);
            if (failure.Message != before.Warning)
                logger?.SettingsRefused(cache, wrong, exception);

            return before with { Warning = failure.Message };
        }

        var old = before.Options;
        var waiting = string.Join(", ", ChangedNames(old.Configured, read.Configured).Where(static name => !Reloadable.ContainsKey(name)));
        if (waiting.Length > 0 && waiting != before.Warning)
            logger?.SettingsWaitForRestart(cache, waiting);

        var taken = Reloadable.Where(setting => !Equals(setting.Value(old.ResponseCaching), setting.Value(read.ResponseCaching))).ToArray();
        if (taken.Length > 0)
            logger?.SettingsTaken(cache, string.Join(", ", taken.Select(static setting => setting.Key)));

        // Unchanged settings remain the same object, so that the response cache is not built again.
        return new InUse(taken.Length > 0 ? old.WithReloaded(read) : old, waiting);
    }

    private static IEnumerable<string> ChangedNames(Dictionary<string, string> old, Dictionary<string, string> read) =>
        old.Keys.Union(read.Keys, old.Comparer).Where(name => old.GetValueOrDefault(name) != read.GetValueOrDefault(name));
}
