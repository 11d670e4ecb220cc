using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>An application says at its start whether Redis could be reached.</summary>
public sealed class StartupConnectionTests(RedisFixture fixture)
{
    private const int Connected = 78, NotConnected = 79;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_application_that_reaches_Redis_logs_its_address()
    {
        var record = await FirstReportAsync(services => services.AddRedisExpiringCache(fixture.Server.ConnectionString));
        Assert.Equal((Connected, LogLevel.Information, fixture.Server.ConnectionString), (record.Event.Id, record.Level, record.Values["Endpoints"]));
    }

    [Fact]
    public async Task A_port_on_which_nothing_listens_is_warned_of_with_address_and_remedy()
    {
        var port = FreePort.Next();
        var record = await FirstReportAsync(services => services.AddRedisExpiringCache($"127.0.0.1:{port},password=hush"));
        Assert.Equal((NotConnected, LogLevel.Warning, "redis-unavailable"), (record.Event.Id, record.Level, record.Values["Reason"]));
        Assert.StartsWith($"Cannot connect to Redis at 127.0.0.1:{port} ", record.Message, StringComparison.Ordinal);
        Assert.Contains("Check the host and the port", record.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_host_is_warned_of_by_its_name()
    {
        var record = await FirstReportAsync(static services => services.AddRedisExpiringCache("rediss-typo.invalid:6379"));
        Assert.Equal((NotConnected, "rediss-typo.invalid:6379"), (record.Event.Id, record.Values["Endpoints"]));
    }

    [Theory]
    [InlineData("", "add password=")]
    [InlineData(",password=hush", "Check the user and the password")]
    public async Task A_missing_or_wrong_password_is_warned_of_with_its_remedy(string password, string remedy)
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "another");
        var record = await FirstReportAsync(services => services.AddRedisExpiringCache(server.ConnectionString + password));
        Assert.Equal((NotConnected, "redis-refused"), (record.Event.Id, record.Values["Reason"]));
        Assert.Contains(remedy, record.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_keyed_cache_reports_its_own_connection()
    {
        var port = FreePort.Next();
        using var log = new RecordingLoggerProvider();
        await using var app = Build(log, services => services
            .AddKeyedRedisExpiringCache("near", fixture.Server.ConnectionString)
            .AddKeyedRedisExpiringCache("gone", $"127.0.0.1:{port}")
            .AddKeyedRedisExpiringCache("gone", static options => options.InstanceName = "said twice:"));
        await app.StartAsync(Token);
        await Eventually.True(() => Reports(log).Length == 2, TimeSpan.FromSeconds(60), "two reports");
        Assert.Equal(
            [(Connected, fixture.Server.ConnectionString), (NotConnected, $"127.0.0.1:{port}")],
            Reports(log).Select(static record => (record.Event.Id, (string)record.Values["Endpoints"]!)).Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData(",password=hush")]
    public async Task Cache_Status_of_a_missing_or_wrong_password_says_redis_refused(string password)
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "another");
        await using var app = await CachedApp.StartAsync(
            fixture.Server, static web => web.MapPage("/a"), new AppSetup
            {
                ConnectionString = server.ConnectionString + password,
                Options = static options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(2),
            });
        await Eventually.True(
            async () => (await app.GetAsync("/a")).Detail == "redis-refused", TimeSpan.FromSeconds(30), "Cache-Status to say that Redis refused");
    }

    private static async Task<LogRecord> FirstReportAsync(Action<IServiceCollection> add)
    {
        using var log = new RecordingLoggerProvider();
        await using var app = Build(log, add);
        await app.StartAsync(Token);
        await Eventually.True(() => Reports(log).Length > 0, TimeSpan.FromSeconds(60), "a report about the connection");
        return Assert.Single(Reports(log));
    }

    private static WebApplication Build(RecordingLoggerProvider log, Action<IServiceCollection> add)
    {
        var builder = TestApp.NewBuilder(log);
        add(builder.Services);

        // The client library waits for a first connection as long as a call may take.
        builder.Services.ConfigureAll<RedisExpiringCacheOptions>(static options =>
            options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(2));
        return builder.Build();
    }

    private static LogRecord[] Reports(RecordingLoggerProvider log) => [.. log.Records.Where(static record => record.Event.Id is Connected or NotConnected)];
}
