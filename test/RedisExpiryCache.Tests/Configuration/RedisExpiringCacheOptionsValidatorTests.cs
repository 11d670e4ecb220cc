using CsCheck;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.Configuration;

public class RedisExpiringCacheOptionsValidatorTests
{
    private const string Secret = "s3cr3t";

    private static readonly string[] Parts =
    [
        "localhost", ":6379", ":", "::1", "[::1", "[::1]:6379", "99999999999", "-1", ",", "=", " ", "password=", "ssl=true", "ssl=maybe", "connectTimeout=soon",
        "version=6", "version=x", "proxy=none", "proxy=x", "protocol=resp9", "sslProtocols=x", "tiebreaker", "defaultDatabase=-9", "keepAlive=99999999999",
        "$COMMAND=", "$GET=x", "syncTimeout=-1", "tunnel=http:x", "user=", "\0", "serviceName=", "setlib=x", "checkCertificateRevocation=1", "é",
    ];

    private static readonly Gen<string> ConnectionString =
        Gen.Int[0, Parts.Length - 1].Array[0, 8].Select(parts => string.Concat(parts.Select(part => Parts[part])));

    [Fact]
    public void A_connection_string_is_all_it_takes() => Assert.True(Validate(new() { Configuration = "localhost:6379" }).Succeeded);

    [Fact]
    public void A_connection_of_the_apps_own_takes_its_place()
    {
        Assert.True(Validate(new() { ConfigurationOptions = new StackExchange.Redis.ConfigurationOptions() }).Succeeded);
        Assert.True(Validate(new() { ConnectionMultiplexerFactory = () => throw new InvalidOperationException("not asked for") }).Succeeded);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Without_a_connection_it_says_what_to_give(string? configuration) => AssertSays(
        new() { Configuration = configuration }, "Configuration", "is empty", "localhost:6379", "ConnectionMultiplexerFactory", "IConnectionMultiplexer");

    [Theory]
    [InlineData("password=" + Secret)]
    [InlineData("localhost,password=" + Secret + ",passwort=" + Secret)]
    [InlineData("localhost,connectTimeout=" + Secret)]
    [InlineData("localhost,ssl=" + Secret)]
    [InlineData("redis://" + Secret + "@localhost,nonsense=1")]
    [InlineData(",,," + Secret + "=1")]
    [InlineData("redis://user:" + Secret + "@localhost:6379")]
    [InlineData("user:" + Secret + "@localhost:6379")]
    [InlineData("localhost;password=" + Secret)]
    public void A_wrong_connection_string_is_named_but_never_shown(string configuration)
    {
        var failure = AssertSays(new() { Configuration = configuration }, "Configuration", "localhost:6379");
        Assert.DoesNotContain(Secret, failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost,passwrod=x", "'passwrod' is not a keyword, did you mean 'password'?")]
    [InlineData("localhost,SSl=true,abortConect=false", "'abortConect' is not a keyword, did you mean 'abortConnect'?")]
    [InlineData("localhost,usr=app", "'usr' is not a keyword, did you mean 'user'?")]
    [InlineData("localhost,ssl=ja", "the value of 'ssl' is not one that it takes")]
    public void A_faulty_keyword_of_a_connection_string_is_named_with_what_is_wrong(string configuration, string message) =>
        AssertSays(new() { Configuration = configuration }, message);

    [Fact]
    public void A_part_of_a_password_with_a_comma_is_not_shown_as_a_keyword() => Assert.DoesNotContain(
        "q7zgeheim",
        AssertSays(new() { Configuration = "localhost,password=abc,q7zgeheim=1" }, "localhost:6379"),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "RedisExpiryCache", "'RedisExpiryCache', which is missing or has no settings (did you mean 'RedisExpiringCache'? Known settings: ")]
    [InlineData("Redis:Cache", "'Redis:Cache', which is missing or has no settings (did you mean 'RedisExpiringCache'? Known settings: ")]
    [InlineData("RedisExpiringCache", "'RedisExpiringCache', which is missing or has no settings: it is empty")]
    public void A_missing_configuration_section_is_named_where_it_leaves_no_connection(string section, string message)
    {
        var options = new RedisExpiringCacheOptions();
        SettingsBinder.Apply(new ConfigurationBuilder().Build().GetSection(section), options);
        AssertSays(options, message, "localhost:6379");
    }

    [Fact]
    public void A_missing_configuration_section_is_no_error_where_the_connection_comes_from_elsewhere()
    {
        var options = new RedisExpiringCacheOptions { Configuration = "localhost" };
        SettingsBinder.Apply(new ConfigurationBuilder().Build().GetSection("Missing"), options);
        Assert.True(Validate(options).Succeeded);
    }

    [Fact]
    public void No_connection_string_makes_it_throw_or_says_its_own_value() => ConnectionString.Sample(configuration =>
    {
        var result = Validate(new() { Configuration = configuration + ",password=" + Secret });
        Assert.DoesNotContain(Secret, result.FailureMessage ?? "", StringComparison.Ordinal);
    }, iter: 3_000);

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("01:00:00.0010000")]
    [InlineData("10675199.02:48:05.4775807")]
    public void An_operation_timeout_out_of_its_range_is_named_with_its_value(string timeout) => AssertSays(
        With(options => options.OperationTimeout = TimeSpan.Parse(timeout, null)), "OperationTimeout", timeout, "more than zero", "01:00:00");

    [Theory]
    [InlineData("00:00:00.0010000")]
    [InlineData("01:00:00")]
    public void The_ends_of_the_range_of_the_operation_timeout_are_right(string timeout) =>
        Assert.True(Validate(With(options => options.OperationTimeout = TimeSpan.Parse(timeout, null))).Succeeded);

    [Theory]
    [InlineData(1_048_575)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_near_cache_of_less_than_a_mebibyte_is_named_with_its_value(long size) => AssertSays(
        With(options => options.NearCache.SizeLimit = size), "NearCache.SizeLimit", $"is {size}", "at least 1048576 bytes");

    [Fact]
    public void A_near_cache_of_data_needs_a_near_cache()
    {
        AssertSays(With(static options => options.NearCache.IncludeData = true), "NearCache.IncludeData", "NearCache.Enabled");
        Assert.True(Validate(With(static options => (options.NearCache.Enabled, options.NearCache.IncludeData, options.NearCache.SizeLimit) = (true, true, 1_048_576))).Succeeded);
    }

    [Fact]
    public void An_entry_format_that_there_is_not_is_named_with_its_value() => AssertSays(
        With(options => options.EntryFormat = (EntryFormat)7), "EntryFormat", "7", "Compact", "Microsoft");

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_scope_that_there_is_not_is_named_with_its_value(int scope) => AssertSays(
        With(options => options.ResponseCaching.Scope = (ResponseCachingScope)scope),
        "ResponseCaching.Scope", $"is {scope}", "MarkedAndPublic or MarkedEndpoints or AllResponses");

    [Theory]
    [InlineData(-1)]
    [InlineData(500L * 1024 * 1024 + 1)]
    [InlineData(long.MaxValue)]
    public void A_body_size_out_of_its_range_is_named_with_its_value(long size) => AssertSays(
        With(options => options.ResponseCaching.MaximumBodySize = size), "ResponseCaching.MaximumBodySize", $"{size}", "0", "524288000");

    [Theory]
    [InlineData(-1)]
    [InlineData(TimeSpan.TicksPerDay * 365 + 1)]
    [InlineData(long.MaxValue)]
    public void A_time_for_stale_responses_out_of_its_range_is_named_with_its_value(long ticks)
    {
        var span = TimeSpan.FromTicks(ticks);
        AssertSays(With(options => options.ResponseCaching.StaleRetention = span), "ResponseCaching.StaleRetention", $"{span}", "365 days");
        AssertSays(With(options => options.ResponseCaching.StaleIfError = span), "ResponseCaching.StaleIfError", $"{span}", "365 days");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(TimeSpan.TicksPerDay * 365 + 1)]
    public void A_default_duration_out_of_its_range_is_named_with_its_value(long ticks) => AssertSays(
        With(options => options.ResponseCaching.DefaultDuration = TimeSpan.FromTicks(ticks)), "ResponseCaching.DefaultDuration", $"{TimeSpan.FromTicks(ticks)}", "365 days");

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("01:00:00.0010000")]
    public void A_time_to_wait_for_others_out_of_its_range_is_named_with_its_value(string timeout) => AssertSays(
        With(options => options.ResponseCaching.CollapseTimeout = TimeSpan.Parse(timeout, null)), "ResponseCaching.CollapseTimeout", timeout, "more than zero", "01:00:00");

    [Theory]
    [InlineData(-0.5)]
    [InlineData(100.5)]
    [InlineData(double.NaN)]
    public void A_factor_of_early_refresh_out_of_its_range_is_named_with_its_value(double factor) => AssertSays(
        With(options => options.ResponseCaching.EarlyRefresh = factor), "ResponseCaching.EarlyRefresh", FormattableString.Invariant($"{factor}"), "0", "100");

    [Theory]
    [InlineData("")]
    [InlineData("CDN Cache")]
    public void What_is_no_field_name_cannot_be_a_targeted_field(string name) => AssertSays(
        With(options => options.ResponseCaching.TargetedCacheControl.Add(name)), "ResponseCaching.TargetedCacheControl", $"'{name}'");

    [Theory]
    [InlineData("zstd")]
    [InlineData("identity")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData(null)]
    public void A_content_coding_that_cannot_be_made_is_named_with_those_that_can(string? coding) => AssertSays(
        With(options => options.ResponseCaching.ContentCodings = ["br", coding!]), "ResponseCaching.ContentCodings", $"'{coding}'", "br, gzip, deflate");

    [Fact]
    public void A_content_coding_is_named_once_in_any_case_or_none_is()
    {
        AssertSays(With(options => options.ResponseCaching.ContentCodings = ["br", "gzip", "BR"]), "ResponseCaching.ContentCodings", "'br' twice");
        AssertSays(With(options => options.ResponseCaching.ContentCodings = null!), "ResponseCaching.ContentCodings", "null");
        Assert.True(Validate(With(options => options.ResponseCaching.ContentCodings = ["GZIP", "br", "deflate"])).Succeeded);
    }

    [Fact]
    public void Every_wrong_setting_is_named_at_once()
    {
        var options = With(options => (options.EntryFormat, options.OperationTimeout) = ((EntryFormat)7, TimeSpan.Zero));
        options.Configuration = "";
        AssertSays(options, "Configuration", "EntryFormat", "OperationTimeout");
    }

    [Fact]
    public void The_settings_of_a_keyed_cache_are_named_with_its_key_each_of_them()
    {
        var result = new RedisExpiringCacheOptionsValidator().Validate("sessions", new() { OperationTimeout = TimeSpan.Zero });
        Assert.Equal(2, result.Failures!.Count());
        Assert.All(result.Failures!, failure => Assert.StartsWith("The cache with the key 'sessions': ", failure, StringComparison.Ordinal));
        Assert.True(new RedisExpiringCacheOptionsValidator().Validate("sessions", new() { Configuration = "localhost" }).Succeeded);
    }

    [Fact]
    public void The_defaults_are_those_of_the_documentation()
    {
        var options = new RedisExpiringCacheOptions();
        Assert.Equal(TimeSpan.FromSeconds(1), options.OperationTimeout);
        Assert.Equal(ResponseCachingScope.MarkedAndPublic, options.ResponseCaching.Scope);
        Assert.Equal(EntryFormat.Compact, options.EntryFormat);
        Assert.Equal(64 * 1024 * 1024, options.ResponseCaching.MaximumBodySize);
        Assert.Equal(TimeSpan.FromHours(1), options.ResponseCaching.StaleRetention);
        Assert.Equal(TimeSpan.Zero, options.ResponseCaching.StaleIfError);
        Assert.True(options.ResponseCaching.CollapseRequests);
        Assert.Equal(TimeSpan.FromSeconds(5), options.ResponseCaching.CollapseTimeout);
        Assert.Equal(0, options.ResponseCaching.EarlyRefresh);
        Assert.Equal(["CDN-Cache-Control"], options.ResponseCaching.TargetedCacheControl);
    }

    private static RedisExpiringCacheOptions With(Action<RedisExpiringCacheOptions> change)
    {
        var options = new RedisExpiringCacheOptions { Configuration = "localhost" };
        change(options);
        return options;
    }

    private static string AssertSays(RedisExpiringCacheOptions options, params string[] words)
    {
        var result = Validate(options);
        Assert.True(result.Failed);
        Assert.All(words, word => Assert.Contains(word, result.FailureMessage, StringComparison.Ordinal));
        return result.FailureMessage!;
    }

    private static ValidateOptionsResult Validate(RedisExpiringCacheOptions options) =>
        new RedisExpiringCacheOptionsValidator().Validate(null, options);
}
