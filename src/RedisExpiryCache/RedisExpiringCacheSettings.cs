using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache;

/// <summary>
/// Reads a configuration section into the options. By hand: the general binder needs reflection over StackExchange.Redis, and passes over a
/// misspelt name in silence.
/// </summary>
internal static class RedisExpiringCacheSettings
{
    private static readonly Dictionary<string, Action<RedisExpiringCacheOptions, IConfigurationSection>> Readers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Configuration"] = (options, section) => options.Configuration = section.Value,
        ["InstanceName"] = (options, section) => options.InstanceName = section.Value,
        ["EntryFormat"] = (options, section) => options.EntryFormat = Read(section, "Compact or Microsoft", (string text, out EntryFormat value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value)),
        ["OperationTimeout"] = (options, section) => options.OperationTimeout = Read(section, "a time span such as 00:00:01", (string text, out TimeSpan value) =>
            TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)),
        ["ResponseCaching:MaximumBodySize"] = (options, section) => options.ResponseCaching.MaximumBodySize =
            Read(section, "a number of bytes", (string text, out long value) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value)),
        ["ResponseCaching:HonorRequestDirectives"] = (options, section) => options.ResponseCaching.HonorRequestDirectives = ReadSwitch(section),
        ["ResponseCaching:EmitCacheStatus"] = (options, section) => options.ResponseCaching.EmitCacheStatus = ReadSwitch(section),
    };

    private delegate bool TryParse<T>(string text, out T value);

    /// <exception cref="OptionsValidationException">A name is no setting, or a value cannot be read.</exception>
    public static void Apply(IConfiguration configuration, RedisExpiringCacheOptions options)
    {
        foreach (var section in Leaves(configuration.GetChildren()))
        {
            // JSON's null and {}: nothing was set.
            if (section.Value is null)
                continue;

            var name = NameOf(section, configuration);
            if (!Readers.TryGetValue(name, out var reader))
                throw Wrong(section.Path, $"is not a setting; there are {string.Join(", ", Readers.Keys)}.");

            reader(options, section);
        }
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

    private static string NameOf(IConfigurationSection leaf, IConfiguration root) =>
        root is IConfigurationSection { Path: { Length: > 0 } path } ? leaf.Path[(path.Length + 1)..] : leaf.Path;

    private static bool ReadSwitch(IConfigurationSection section) => Read<bool>(section, "true or false", bool.TryParse);

    private static T Read<T>(IConfigurationSection section, string right, TryParse<T> tryParse) =>
        tryParse(section.Value ?? "", out var value) ? value : throw Wrong(section.Path, $"is '{section.Value}'; it must be {right}.");

    private static OptionsValidationException Wrong(string path, string what) =>
        new(Options.DefaultName, typeof(RedisExpiringCacheOptions), [$"{path} {what}"]);
}
