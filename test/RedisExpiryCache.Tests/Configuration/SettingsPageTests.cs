using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using RedisExpiryCache.Configuration;
using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests.Configuration;

/// <summary>docs/settings.md says what the code does.</summary>
public sealed partial class SettingsPageTests
{
    private const string AtOnce = "at once", AtNextStart = "at the next start";

    private static readonly string Page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "settings.md"));

    private static readonly Setting[] Settings =
    [
        .. SettingRow().Matches(Page).Select(static row => new Setting(
            row.Groups["key"].Value, row.Groups["type"].Value, row.Groups["default"].Value, row.Groups["range"].Value, row.Groups["changes"].Value)),
    ];

    public static TheoryData<string> Keys => [.. Settings.Select(static setting => setting.Key)];

    public static TheoryData<string, string, bool> Bounds => [.. Settings.SelectMany(BoundsOf)];

    [Fact]
    public void It_has_each_key_that_a_section_may_have_once() =>
        Assert.Equal(SettingsBinder.Names.Order(), Settings.Select(static setting => setting.Key).Order());

    [Fact]
    public void It_has_each_property_of_the_options_once()
    {
        var onPage = Settings.Select(static setting => setting.Key.Replace(':', '.'))
            .Concat(CodeRow().Matches(Page).Select(static row => row.Groups[1].Value));
        var policies = new[] { nameof(ResponseCachingOptions.AddPolicy), nameof(ResponseCachingOptions.AddBasePolicy) };
        Assert.Equal(
            PropertiesOf(typeof(RedisExpiringCacheOptions), "").Concat(policies.Select(static name => $"ResponseCaching.{name}")).Order(),
            onPage.Order());
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Its_type_is_that_of_the_property(string key) => Assert.Equal(NameOf(PropertyOf(key).PropertyType), Of(key).Type);

    [Theory]
    [MemberData(nameof(Keys))]
    public void Its_default_is_the_value_of_new_options(string key)
    {
        var expected = ValueOf(new RedisExpiringCacheOptions(), key);
        var actual = Of(key).Default == "none" ? "" : Text(ValueOf(Bind(key, Unquoted(Of(key).Default)), key));
        Assert.Equal(Text(expected), actual);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Whether_it_changes_at_once_is_what_a_reload_does(string key) =>
        Assert.Equal(ReloadingOptionsFactory.Reloadable.ContainsKey(key) ? AtOnce : AtNextStart, Of(key).Changes);

    [Theory]
    [MemberData(nameof(Bounds))]
    public void The_ends_of_a_range_are_those_of_the_validator(string key, string value, bool isValid)
    {
        var options = Bind(key, value);
        options.Configuration = "localhost:6379";
        Assert.Equal(isValid, new RedisExpiringCacheOptionsValidator().Validate(null, options).Succeeded);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_name_has_all_values_of_its_enumeration_as_its_range(string key)
    {
        var type = PropertyOf(key).PropertyType;
        if (type.IsEnum)
            Assert.Equal(Enum.GetNames(type), Of(key).Range.Split(", ").Select(Unquoted));
        else
            Assert.NotEqual("name", Of(key).Type);
    }

    [Fact]
    public void A_number_or_time_span_with_limits_has_a_range() => Assert.All(
        Settings.Where(static setting => setting.Type is "number" or "bytes" or "time span"), static setting => Assert.NotEmpty(BoundsOf(setting)));

    /// <summary>Each end, and the nearest value beyond it.</summary>
    private static IEnumerable<(string Key, string Value, bool IsValid)> BoundsOf(Setting setting)
    {
        var range = Range().Match(setting.Range);
        if (range.Groups["above"] is { Success: true, Value: var above })
            yield return (setting.Key, above, false);

        if (range.Groups["from"] is { Success: true, Value: var from })
        {
            yield return (setting.Key, from, true);
            yield return (setting.Key, Next(setting, from, -1), false);
        }

        if (range.Groups["to"] is { Success: true, Value: var to })
        {
            yield return (setting.Key, to, true);
            yield return (setting.Key, Next(setting, to, 1), false);
        }
    }

    private static string Next(Setting setting, string value, int direction) => setting.Type == "time span"
        ? TimeSpan.Parse(value, CultureInfo.InvariantCulture).Add(TimeSpan.FromTicks(direction)).ToString("c")
        : (decimal.Parse(value, CultureInfo.InvariantCulture) + direction).ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> PropertiesOf(Type type, string path) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .SelectMany(property => property.SetMethod is { IsPublic: true } || typeof(IEnumerable).IsAssignableFrom(property.PropertyType)
            ? [path + property.Name]
            : PropertiesOf(property.PropertyType, $"{path}{property.Name}."));

    private static PropertyInfo PropertyOf(string key) =>
        key.Split(':').Aggregate((Type: typeof(RedisExpiringCacheOptions), Property: default(PropertyInfo)), static (at, name) =>
        {
            var property = at.Type.GetProperty(name)!;
            return (property.PropertyType, property);
        }).Property!;

    private static object? ValueOf(object options, string key) =>
        key.Split(':').Aggregate((object?)options, static (at, name) => at!.GetType().GetProperty(name)!.GetValue(at));

    private static string Text(object? value) =>
        value is IEnumerable<string> list ? string.Join(", ", list) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static RedisExpiringCacheOptions Bind(string key, string value)
    {
        var options = new RedisExpiringCacheOptions();
        SettingsBinder.Apply(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]).Build(), options);
        return options;
    }

    private static string NameOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } => "name",
        var bare when bare == typeof(string) => "text",
        var bare when bare == typeof(bool) => "true or false",
        var bare when bare == typeof(long) => "bytes",
        var bare when bare == typeof(TimeSpan) => "time span",
        var bare when bare == typeof(IList<string>) => "list",
        _ => "number",
    };

    private static string Unquoted(string text) => text.Trim('`');

    private static Setting Of(string key) => Settings.Single(setting => setting.Key == key);

    [GeneratedRegex(
        @"^\| `(?<key>[\w:]+)` \| (?<type>[^|]*) \| (?<default>[^|]*) \| (?<range>[^|]*?) ?\| (?<changes>[^|]*) \| [^|]+ \|$",
        RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^\| `([\w.]+)` \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"^(?:more than `(?<above>[^`]+)`, up to `(?<to>[^`]+)`|`(?<from>[^`]+)` to `(?<to>[^`]+)`|from `(?<from>[^`]+)`)$")]
    private static partial Regex Range();

    private sealed record Setting(string Key, string Type, string Default, string Range, string Changes);
}
