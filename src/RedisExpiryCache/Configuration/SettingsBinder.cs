using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.Configuration;

/// <summary>
/// Reads a configuration section into the options. By hand: the general binder needs reflection over StackExchange.Redis, and passes over a
/// misspelt name in silence.
/// </summary>
internal static class SettingsBinder
{
    private static readonly Dictionary<string, Action<RedisExpiringCacheOptions, IConfigurationSection>> Readers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Configuration"] = (options, section) => options.Configuration = section.Value,
        ["InstanceName"] = (options, section) => options.InstanceName = section.Value,
        ["EntryFormat"] = (options, section) => options.EntryFormat = Read(section, "Compact or Microsoft", (string text, out EntryFormat value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value)),
        ["OperationTimeout"] = (options, section) => options.OperationTimeout = ReadSpan(section),
        ["FailureMode"] = (options, section) => options.FailureMode = Read(section, "Throw or Degrade", (string text, out FailureMode value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value)),
        ["CircuitBreaker:FailuresBeforeOpening"] = (options, section) => options.CircuitBreaker.FailuresBeforeOpening =
            Read(section, "a number of calls", (string text, out int value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value)),
        ["CircuitBreaker:OpenFor"] = (options, section) => options.CircuitBreaker.OpenFor = ReadSpan(section),
        ["DedicatedConnectionThreads"] = (options, section) => options.DedicatedConnectionThreads = ReadSwitch(section),
        ["UseAsOutputCacheStore"] = (options, section) => options.UseAsOutputCacheStore = ReadSwitch(section),
        ["NearCache:Enabled"] = (options, section) => options.NearCache.Enabled = ReadSwitch(section),
        ["NearCache:IncludeData"] = (options, section) => options.NearCache.IncludeData = ReadSwitch(section),
        ["NearCache:SizeLimit"] = (options, section) => options.NearCache.SizeLimit = ReadBytes(section),
        ["ResponseCaching:Enabled"] = (options, section) => options.ResponseCaching.Enabled = ReadSwitch(section),
        ["ResponseCaching:Scope"] = (options, section) => options.ResponseCaching.Scope = Read(
            section, string.Join(" or ", Enum.GetNames<ResponseCachingScope>()), (string text, out ResponseCachingScope value) =>
                Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value)),
        ["ResponseCaching:OperationTimeout"] = (options, section) => options.ResponseCaching.OperationTimeout = ReadSpan(section),
        ["ResponseCaching:MaximumBodySize"] = (options, section) => options.ResponseCaching.MaximumBodySize = ReadBytes(section),
        ["ResponseCaching:DefaultDuration"] = (options, section) => options.ResponseCaching.DefaultDuration = ReadSpan(section),
        ["ResponseCaching:HonorRequestDirectives"] = (options, section) => options.ResponseCaching.HonorRequestDirectives = ReadSwitch(section),
        ["ResponseCaching:EmitCacheStatus"] = (options, section) => options.ResponseCaching.EmitCacheStatus = ReadSwitch(section),
        ["ResponseCaching:EmitCacheKey"] = (options, section) => options.ResponseCaching.EmitCacheKey = ReadSwitch(section),
        ["ResponseCaching:HeuristicFreshness"] = (options, section) => options.ResponseCaching.HeuristicFreshness = ReadSwitch(section),
        ["ResponseCaching:StoreSetCookie"] = (options, section) => options.ResponseCaching.StoreSetCookie = ReadSwitch(section),
        ["ResponseCaching:StorePostResponses"] = (options, section) => options.ResponseCaching.StorePostResponses = ReadSwitch(section),
        ["ResponseCaching:IgnorePreferenceOrder"] = (options, section) => options.ResponseCaching.IgnorePreferenceOrder = ReadSwitch(section),
        ["ResponseCaching:CollapseRequests"] = (options, section) => options.ResponseCaching.CollapseRequests = ReadSwitch(section),
        ["ResponseCaching:CollapseTimeout"] = (options, section) => options.ResponseCaching.CollapseTimeout = ReadSpan(section),
        ["ResponseCaching:EarlyRefresh"] = (options, section) => options.ResponseCaching.EarlyRefresh =
            Read(section, "a number", (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)),
        ["ResponseCaching:StaleRetention"] = (options, section) => options.ResponseCaching.StaleRetention = ReadSpan(section),
        ["ResponseCaching:StaleIfError"] = (options, section) => options.ResponseCaching.StaleIfError = ReadSpan(section),
        ["ResponseCaching:TargetedCacheControl"] = (options, section) => ReadItem(section, options.ResponseCaching.TargetedCacheControl),
        ["ResponseCaching:ContentCodings"] = (options, section) => ReadItem(section, options.ResponseCaching.ContentCodings = [.. options.ResponseCaching.ContentCodings]),
    };

    public static IReadOnlyCollection<string> Names => Readers.Keys;

    private delegate bool TryParse<T>(string text, out T value);

    /// <exception cref="OptionsValidationException">A name is no setting, or a value cannot be read.</exception>
    public static void Apply(IConfiguration configuration, RedisExpiringCacheOptions options)
    {
        if (configuration is IConfigurationSection section)
            CheckSection(section, options);

        foreach (var leaf in Leaves(configuration.GetChildren()))
        {
            // JSON's null and {}: nothing was set.
            if (leaf.Value is null)
                continue;

            var name = NameOf(leaf, configuration);
            if (!Readers.TryGetValue(name, out var reader))
                throw Wrong(leaf.Path, $"is not a setting; there are {string.Join(", ", Readers.Keys)}.");

            reader(options, leaf);
            options.Configured[name] = options.Configured.GetValueOrDefault(name) + "\n" + leaf.Value;
        }
    }

    /// <summary>Finds a section that holds no settings: a connection string, or a name that the configuration does not have.</summary>
    private static void CheckSection(IConfigurationSection section, RedisExpiringCacheOptions options)
    {
        if (section.GetChildren().Any())
            return;

        // Not an error yet: the connection may be set elsewhere, and development settings may leave the section out.
        if (string.IsNullOrEmpty(section.Value))
            options.EmptySection = section.Path;
        else
            throw Wrong(section.Path, "is a single value (not shown, because it may hold a password), not a section with settings such as "
                + "Configuration and InstanceName. If it is a connection string, pass it as one: "
                + $"AddRedisExpiringCache(configuration[\"{section.Path}\"]!).");
    }

    private static IEnumerable<IConfigurationSection> Leaves(IEnumerable<IConfigurationSection> sections)
    {
        foreach (var section in sections)
        {
            var children = section.GetChildren().ToArray();
            if (children.Length == 0)
                yield return section;

            foreach (var leaf in Leaves(children))
                yield return leaf;
        }
    }

    /// <summary>The item of a list goes by the list's name.</summary>
    private static string NameOf(IConfigurationSection leaf, IConfiguration root)
    {
        var name = root is IConfigurationSection { Path: { Length: > 0 } path } ? leaf.Path[(path.Length + 1)..] : leaf.Path;
        return int.TryParse(leaf.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? name[..^(leaf.Key.Length + 1)] : name;
    }

    /// <summary>What is configured stands in place of what was there.</summary>
    private static void ReadItem(IConfigurationSection section, IList<string> list)
    {
        if (section.Key is "0" or not [.., >= '0' and <= '9'])
            list.Clear();

        list.Add(section.Value!);
    }

    private static bool ReadSwitch(IConfigurationSection section) => Read<bool>(section, "true or false", bool.TryParse);

    private static long ReadBytes(IConfigurationSection section) => Read(section, "a number of bytes", (string text, out long value) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value));

    private static TimeSpan ReadSpan(IConfigurationSection section) => Read<TimeSpan>(
        section, "a time span such as 00:00:01 (hours, minutes, seconds; a bare number would be days)", TryParseSpan);

    /// <summary>Refuses a bare number other than zero, because TimeSpan reads it as days.</summary>
    private static bool TryParseSpan(string text, out TimeSpan value) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && (value == TimeSpan.Zero || text.Contains(':'));

    private static T Read<T>(IConfigurationSection section, string right, TryParse<T> tryParse) =>
        tryParse(section.Value ?? "", out var value) ? value : throw Wrong(section.Path, $"is '{section.Value}'; it must be {right}.");

    private static OptionsValidationException Wrong(string path, string what) =>
        new(Options.DefaultName, typeof(RedisExpiringCacheOptions), [$"{path} {what}"]);
}
