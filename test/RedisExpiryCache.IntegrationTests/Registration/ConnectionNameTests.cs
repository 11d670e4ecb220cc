using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary><c>builder.AddRedisExpiringCache("redis")</c>: the name of a connection string, or a registered multiplexer.</summary>
public sealed class ConnectionNameTests(RedisFixture fixture)
{
    private const string Setting = "ConnectionStrings:redis";

    private readonly string _prefix = fixture.Server.NewPrefix();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ConnectionString => fixture.Server.ConnectionString;

    [Theory]
    [InlineData("redis")]
    [InlineData("Redis")]
    public async Task The_named_connection_string_connects_the_cache_with_the_settings_of_the_section(string name)
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration[Setting] = ConnectionString;
        builder.Configuration["RedisExpiringCache:InstanceName"] = _prefix;
        Assert.Same(builder, builder.AddRedisExpiringCache(name));
        await AssertWorksAsync(builder);
    }

    [Fact]
    public async Task A_connection_string_that_is_configured_after_the_call_counts()
    {
        var builder = TestApp.NewBuilder();
        builder.AddRedisExpiringCache("redis", options => options.InstanceName = _prefix);
        builder.Configuration[Setting] = ConnectionString;
        await AssertWorksAsync(builder);
    }

    [Fact]
    public async Task The_delegate_is_called_after_connection_string_and_section()
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration[Setting] = "nowhere.invalid:1";
        builder.Configuration["RedisExpiringCache:InstanceName"] = "section:";
        builder.AddRedisExpiringCache("redis", options =>
        {
            Assert.Equal(("nowhere.invalid:1", "section:"), (options.Configuration, options.InstanceName));
            (options.Configuration, options.InstanceName) = (ConnectionString, _prefix);
        });
        await AssertWorksAsync(builder);
    }

    [Fact]
    public async Task The_named_connection_string_wins_over_the_connection_of_the_section()
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration[Setting] = ConnectionString;
        builder.Configuration["RedisExpiringCache:Configuration"] = "nowhere.invalid:1";
        builder.AddRedisExpiringCache("redis", options => options.InstanceName = _prefix);
        await AssertWorksAsync(builder);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("redis")]
    public async Task Without_such_a_connection_string_the_registered_multiplexer_is_used(string? key)
    {
        await using var own = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var builder = TestApp.NewBuilder();
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(key, own);
        builder.AddRedisExpiringCache("redis", options => options.InstanceName = _prefix);
        var before = own.OperationCount;
        await AssertWorksAsync(builder);
        Assert.True(own.OperationCount > before);
        Assert.True(own.IsConnected);
    }

    [Fact]
    public async Task A_multiplexer_under_the_name_is_preferred_to_one_without_a_key()
    {
        await using var own = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var builder = TestApp.NewBuilder();
        builder.Services.AddSingleton<IConnectionMultiplexer>(static _ => throw new InvalidOperationException("the wrong one"));
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>("redis", own);
        builder.AddRedisExpiringCache("redis", options => options.InstanceName = _prefix);
        await AssertWorksAsync(builder);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task A_missing_or_empty_connection_string_stops_the_start_and_says_what_to_set(string? configured)
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration["ConnectionStrings:Database"] = "Host=db;Password=secret";
        builder.Configuration[Setting] = configured;
        builder.AddRedisExpiringCache("redis");
        var message = await FailureAtStartAsync(builder);
        string[] parts = ["'redis'", Setting, "ConnectionStrings__redis", "localhost:6379", "Database", "IConnectionMultiplexer"];
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_connection_string_is_a_mistake_also_beside_a_registered_multiplexer()
    {
        await using var own = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var builder = TestApp.NewBuilder();
        builder.Services.AddSingleton<IConnectionMultiplexer>(own);
        builder.Configuration[Setting] = "";
        builder.AddRedisExpiringCache("redis");
        Assert.Contains(Setting, await FailureAtStartAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_setting_in_the_section_stops_the_start()
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration[Setting] = ConnectionString;
        builder.Configuration["RedisExpiringCache:InstnaceName"] = "shop:";
        builder.AddRedisExpiringCache("redis");
        Assert.Contains("RedisExpiringCache:InstnaceName is not a setting", await FailureAtStartAsync(builder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("redis.internal,password=secret")]
    [InlineData("ConnectionStrings:cache")]
    public void A_connection_string_in_place_of_its_name_is_refused_without_showing_it(string text)
    {
        var builder = TestApp.NewBuilder();
        var failure = Assert.Throws<ArgumentException>(() => builder.AddRedisExpiringCache(text));
        Assert.Equal("connectionName", failure.ParamName);
        Assert.Contains("builder.Services.AddRedisExpiringCache", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_and_empty_arguments_are_refused_by_name()
    {
        var builder = TestApp.NewBuilder();
        Assert.Equal("builder", Assert.Throws<ArgumentNullException>(() => ((IHostApplicationBuilder)null!).AddRedisExpiringCache("redis")).ParamName);
        Assert.Equal("connectionName", Assert.Throws<ArgumentNullException>(() => builder.AddRedisExpiringCache(null!)).ParamName);
        Assert.Equal("connectionName", Assert.Throws<ArgumentException>(() => builder.AddRedisExpiringCache("")).ParamName);
    }

    [Fact]
    public async Task A_reload_of_the_section_reaches_the_settings_that_can_change()
    {
        var builder = TestApp.NewBuilder();
        builder.Configuration[Setting] = ConnectionString;
        builder.AddRedisExpiringCache("redis");
        await using var app = builder.Build();
        await app.StartAsync(Token);
        builder.Configuration["RedisExpiringCache:ResponseCaching:MaximumBodySize"] = "1234";
        ((IConfigurationRoot)builder.Configuration).Reload();
        Assert.Equal(1234, app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue.ResponseCaching.MaximumBodySize);
    }

    [Fact]
    public async Task A_changed_connection_string_is_logged_as_waiting_for_a_restart()
    {
        using var log = new RecordingLoggerProvider();
        var builder = TestApp.NewBuilder();
        builder.Logging.AddProvider(log);
        builder.Configuration[Setting] = ConnectionString;
        builder.AddRedisExpiringCache("redis");
        await using var app = builder.Build();
        await app.StartAsync(Token);

        builder.Configuration[Setting] = "elsewhere:6379,password=s3cr3t";
        ((IConfigurationRoot)builder.Configuration).Reload();

        Assert.Equal("Configuration", Assert.Single(log.Records, static record => record.Event.Id == 61).Values["Settings"]);
        Assert.DoesNotContain(log.Records, static record => record.Message.Contains("s3cr3t", StringComparison.Ordinal));
        Assert.Equal(ConnectionString, app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue.Configuration);
    }

    private static async Task<string> FailureAtStartAsync(WebApplicationBuilder builder)
    {
        await using var app = builder.Build();
        return (await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token))).Message;
    }

    private async Task AssertWorksAsync(WebApplicationBuilder builder)
    {
        await using var app = builder.Build();
        await app.StartAsync(Token);
        var (key, value) = (Some.Key(), Some.Bytes());
        await app.Services.GetRequiredService<IDistributedCache>().SetAsync(key, value, Caches.Relative(60), Token);
        Assert.True(await fixture.Server.Raw.KeyExistsAsync(_prefix + key));
    }
}
