using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.Configuration;

public class SettingsBinderTests
{
    [Fact]
    public void Every_setting_is_read()
    {
        var options = Apply(Section("""
            {
              "Configuration": "redis:6379,password=p", "InstanceName": "shop:", "EntryFormat": "Microsoft", "OperationTimeout": "00:00:02.5",
              "UseAsOutputCacheStore": true,
              "NearCache": { "Enabled": true, "IncludeData": true, "SizeLimit": 2097152 },
              "ResponseCaching": {
                "Enabled": false, "Scope": "AllResponses", "MaximumBodySize": 1024, "HonorRequestDirectives": true, "EmitCacheStatus": false, "EmitCacheKey": true, "HeuristicFreshness": true,
                "DefaultDuration": "00:01:00", "StoreSetCookie": true, "IgnorePreferenceOrder": true, "StorePostResponses": true, "StaleRetention": "2.00:00:00", "StaleIfError": "00:05:00",
                "CollapseRequests": false, "CollapseTimeout": "00:00:30", "EarlyRefresh": 1.5,
                "TargetedCacheControl": ["My-Cache-Control", "CDN-Cache-Control"], "ContentCodings": ["br", "gzip"]
              }
            }
            """));

        Assert.Equal("redis:6379,password=p", options.Configuration);
        Assert.Equal("shop:", options.InstanceName);
        Assert.Equal(EntryFormat.Microsoft, options.EntryFormat);
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.OperationTimeout);
        Assert.True(options.UseAsOutputCacheStore);
        Assert.Equal((true, true, 2_097_152), (options.NearCache.Enabled, options.NearCache.IncludeData, options.NearCache.SizeLimit));
        Assert.False(options.ResponseCaching.Enabled);
        Assert.Equal(ResponseCachingScope.AllResponses, options.ResponseCaching.Scope);
        Assert.Equal(1024, options.ResponseCaching.MaximumBodySize);
        Assert.True(options.ResponseCaching.HonorRequestDirectives);
        Assert.False(options.ResponseCaching.EmitCacheStatus);
        Assert.True(options.ResponseCaching.EmitCacheKey);
        Assert.Equal(TimeSpan.FromMinutes(1), options.ResponseCaching.DefaultDuration);
        Assert.True(options.ResponseCaching.HeuristicFreshness);
        Assert.True(options.ResponseCaching.StoreSetCookie);
        Assert.True(options.ResponseCaching.StorePostResponses);
        Assert.True(options.ResponseCaching.IgnorePreferenceOrder);
        Assert.Equal(TimeSpan.FromDays(2), options.ResponseCaching.StaleRetention);
        Assert.Equal(TimeSpan.FromMinutes(5), options.ResponseCaching.StaleIfError);
        Assert.False(options.ResponseCaching.CollapseRequests);
        Assert.Equal(TimeSpan.FromSeconds(30), options.ResponseCaching.CollapseTimeout);
        Assert.Equal(1.5, options.ResponseCaching.EarlyRefresh);
        Assert.Equal(["My-Cache-Control", "CDN-Cache-Control"], options.ResponseCaching.TargetedCacheControl);
        Assert.Equal(["br", "gzip"], options.ResponseCaching.ContentCodings);
    }

    [Fact]
    public void A_list_that_was_set_as_an_array_can_be_configured_too()
    {
        var options = new RedisExpiringCacheOptions();
        options.ResponseCaching.ContentCodings = new[] { "deflate" };
        SettingsBinder.Apply(Section("""{ "ResponseCaching": { "ContentCodings": ["br", "gzip"] } }"""), options);
        Assert.Equal(["br", "gzip"], options.ResponseCaching.ContentCodings);
    }

    [Fact]
    public void A_list_of_one_may_be_written_as_that_one() =>
        Assert.Equal(["My-Cache-Control"], Apply(Section("""{ "ResponseCaching": { "TargetedCacheControl": "My-Cache-Control" } }""")).ResponseCaching.TargetedCacheControl);

    [Fact]
    public void Every_option_that_a_text_can_express_has_a_setting()
    {
        var own = Simple(typeof(RedisExpiringCacheOptions))
            .Concat(Simple(typeof(ResponseCachingOptions)).Select(name => $"ResponseCaching:{name}"))
            .Concat(Simple(typeof(NearCacheOptions)).Select(name => $"NearCache:{name}"));
        var failure = Assert.Throws<OptionsValidationException>(() => Apply(Section("""{ "Nonsense": "1" }""")));
        Assert.All(own, name => Assert.Contains(name, failure.Message, StringComparison.Ordinal));

        static IEnumerable<string> Simple(Type type) => type.GetProperties()
            .Where(property => property.CanWrite && (property.PropertyType.IsValueType || property.PropertyType == typeof(string)))
            .Select(property => property.Name);
    }

    [Fact]
    public void Names_and_values_may_be_in_any_case()
    {
        var options = Apply(Section("""{ "configuration": "redis", "ENTRYFORMAT": "microsoft", "responsecaching": { "emitcachestatus": "FALSE" } }"""));
        Assert.Equal("redis", options.Configuration);
        Assert.Equal(EntryFormat.Microsoft, options.EntryFormat);
        Assert.False(options.ResponseCaching.EmitCacheStatus);
    }

    [Theory]
    [InlineData("""{ "Configurations": "redis,password=s3cr3t" }""", "Cache:Configurations")]
    [InlineData("""{ "OperationTimeOutt": "00:00:01" }""", "Cache:OperationTimeOutt")]
    [InlineData("""{ "ResponseCaching": { "MaxBodySize": 1 } }""", "Cache:ResponseCaching:MaxBodySize")]
    [InlineData("""{ "MaximumBodySize": 1 }""", "Cache:MaximumBodySize")]
    [InlineData("""{ "Configuration": { "Host": "redis" } }""", "Cache:Configuration:Host")]
    [InlineData("""{ "ResponseCaching": "on" }""", "Cache:ResponseCaching")]
    public void A_name_that_is_no_setting_is_named_with_those_that_are(string json, string path)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Apply(Section(json)));
        Assert.Contains($"{path} is not a setting", failure.Message, StringComparison.Ordinal);
        Assert.Contains("OperationTimeout", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "EntryFormat": "Tiny" }""", "Cache:EntryFormat is 'Tiny'", "Compact or Microsoft")]
    [InlineData("""{ "EntryFormat": "7" }""", "Cache:EntryFormat is '7'", "Compact or Microsoft")]
    [InlineData("""{ "ResponseCaching": { "Scope": "All" } }""", "Cache:ResponseCaching:Scope is 'All'", "MarkedAndPublic or MarkedEndpoints or AllResponses")]
    [InlineData("""{ "ResponseCaching": { "Scope": "3" } }""", "Cache:ResponseCaching:Scope is '3'", "MarkedAndPublic or MarkedEndpoints or AllResponses")]
    [InlineData("""{ "NearCache": { "Enabled": "yes" } }""", "Cache:NearCache:Enabled is 'yes'", "true or false")]
    [InlineData("""{ "NearCache": { "IncludeData": 1 } }""", "Cache:NearCache:IncludeData is '1'", "true or false")]
    [InlineData("""{ "NearCache": { "SizeLimit": "64 MB" } }""", "Cache:NearCache:SizeLimit is '64 MB'", "a number of bytes")]
    [InlineData("""{ "OperationTimeout": "soon" }""", "Cache:OperationTimeout is 'soon'", "a time span such as 00:00:01")]
    [InlineData("""{ "OperationTimeout": "" }""", "Cache:OperationTimeout is ''", "a time span such as 00:00:01")]
    [InlineData("""{ "ResponseCaching": { "MaximumBodySize": "64 MB" } }""", "Cache:ResponseCaching:MaximumBodySize is '64 MB'", "a number of bytes")]
    [InlineData("""{ "ResponseCaching": { "MaximumBodySize": 1.5 } }""", "Cache:ResponseCaching:MaximumBodySize is '1.5'", "a number of bytes")]
    [InlineData("""{ "ResponseCaching": { "EmitCacheStatus": "yes" } }""", "Cache:ResponseCaching:EmitCacheStatus is 'yes'", "true or false")]
    public void A_wrong_value_is_named_with_what_would_be_right(string json, string wrong, string right)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Apply(Section(json)));
        Assert.Contains(wrong, failure.Message, StringComparison.Ordinal);
        Assert.Contains(right, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("60")]
    [InlineData("1")]
    [InlineData("-5")]
    [InlineData(" 7 ")]
    public void A_time_span_without_a_unit_is_refused_because_it_would_be_days(string text)
    {
        var failure = Assert.Throws<OptionsValidationException>(() =>
            Apply(Section($$"""{ "ResponseCaching": { "DefaultDuration": "{{text}}" } }""")));
        Assert.Contains($"Cache:ResponseCaching:DefaultDuration is '{text}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("a bare number would be days", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("00:01:00", 60)]
    [InlineData("2.00:00:00", 172_800)]
    public void A_time_span_with_hours_and_minutes_or_zero_is_read(string text, int seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        Apply(Section($$"""{ "ResponseCaching": { "StaleIfError": "{{text}}" } }""")).ResponseCaching.StaleIfError);

    [Fact]
    public void A_connection_string_passed_as_a_section_is_refused_with_the_right_call_and_without_its_value()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Redis", "redis,password=s3cr3t")]).Build()
            .GetSection("ConnectionStrings:Redis");
        var failure = Assert.Throws<OptionsValidationException>(() => Apply(section));
        Assert.Contains("AddRedisExpiringCache(configuration[\"ConnectionStrings:Redis\"]!)", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Configuration": "redis", "ResponseCaching": {} }""")]
    [InlineData("""{ "Configuration": "redis", "OperationTimeout": null, "InstanceName": null }""")]
    public void What_is_left_empty_stays_at_its_default(string json)
    {
        var options = Apply(Section(json));
        Assert.Equal("redis", options.Configuration);
        Assert.Equal(TimeSpan.FromSeconds(1), options.OperationTimeout);
        Assert.Null(options.InstanceName);
    }

    [Fact]
    public void A_whole_configuration_is_read_like_a_section()
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection([new("Configuration", "redis"), new("ResponseCaching:MaximumBodySize", "5")]).Build();
        var options = Apply(root);
        Assert.Equal("redis", options.Configuration);
        Assert.Equal(5, options.ResponseCaching.MaximumBodySize);
    }

    private static RedisExpiringCacheOptions Apply(IConfiguration configuration)
    {
        var options = new RedisExpiringCacheOptions();
        SettingsBinder.Apply(configuration, options);
        return options;
    }

    private static IConfigurationSection Section(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "Cache": {{json}} }"""));
        return new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Cache");
    }
}
