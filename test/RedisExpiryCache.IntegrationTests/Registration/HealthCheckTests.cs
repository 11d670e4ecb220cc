using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>What the health check says of a Redis that answers, and of one that does not.</summary>
public sealed class HealthCheckTests(RedisFixture fixture)
{
    private const string Secret = "s3cr3t";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Redis_that_answers_is_healthy_and_the_latency_is_told()
    {
        await using var provider = Provider(fixture.Server.ConnectionString, timeout: Caches.Patience);
        var entry = await CheckAsync(provider);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.InRange(Assert.IsType<double>(entry.Data["latencyMs"]), double.Epsilon, Caches.Patience.TotalMilliseconds);
    }

    [Theory]
    [InlineData("killed", "redis-unavailable")]
    [InlineData("frozen", "redis-timeout")]
    [InlineData("forbidden", "redis-refused")]
    public async Task A_Redis_that_does_not_is_told_by_its_reason_and_healthy_again_afterwards(string what, string reason)
    {
        await using var server = await RedisServer.StartAsync();
        await using var provider = Provider(server.ConnectionString, HealthStatus.Degraded, TimeSpan.FromSeconds(what == "frozen" ? 1 : 10));
        await EventuallyHealthyAsync(provider);

        await (what switch
        {
            "killed" => server.KillAsync(),
            "frozen" => Task.Run(server.Freeze, Token),
            _ => server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "-ping"),
        });
        var entry = await CheckAsync(provider);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal(reason, entry.Data["reason"]);
        Assert.Contains(reason, entry.Description, StringComparison.Ordinal);
        Assert.InRange(entry.Duration, TimeSpan.Zero, Soon);

        await (what switch
        {
            "killed" => server.RestartAsync(),
            "frozen" => Task.Run(server.Thaw, Token),
            _ => server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "+ping"),
        });
        await EventuallyHealthyAsync(provider);
    }

    [Fact]
    public async Task A_Redis_that_was_never_there_is_unhealthy_where_nothing_else_was_said()
    {
        await using var provider = Provider($"127.0.0.1:{FreePort.Next()}");
        var entry = await CheckAsync(provider);
        Assert.Equal((HealthStatus.Unhealthy, "redis-unavailable"), (entry.Status, entry.Data["reason"]));
    }

    [Theory]
    [InlineData("wrong password", "redis-refused")]
    [InlineData("factory", "unexpected")]
    public async Task No_report_holds_a_password_a_connection_string_or_an_exception(string what, string reason)
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "another");
        var services = new ServiceCollection().AddLogging();
        using var log = new RecordingLoggerProvider();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddRedisExpiringCache(options =>
        {
            options.OperationTimeout = TimeSpan.FromSeconds(2);
            options.Configuration = $"{server.ConnectionString},password={Secret}";
            if (what == "factory")
                options.ConnectionMultiplexerFactory = () => throw new NotSupportedException($"cannot open {options.Configuration}");
        });
        services.AddHealthChecks().AddRedisExpiringCacheCheck();
        await using var provider = services.BuildServiceProvider();

        // The client library may not know of the refusal yet when it is first asked.
        var entry = await CheckAsync(provider);
        await Eventually.True(
            async () => (string)(entry = await CheckAsync(provider)).Data["reason"] == reason, TimeSpan.FromSeconds(30), $"the reason to be {reason}");
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Null(entry.Exception);
        string[] said = [entry.Description!, .. entry.Data.Select(item => $"{item}"), .. log.Records.Select(record => $"{record.Message} {record.Exception}")];
        string[] secrets = [Secret, server.Port.ToString(CultureInfo.InvariantCulture)];
        Assert.All(said, text => Assert.DoesNotContain(secrets, secret => text.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Each_cache_has_a_check_of_its_own()
    {
        await using var server = await RedisServer.StartAsync();
        var services = new ServiceCollection().AddLogging();
        services.AddRedisExpiringCache(options => (options.Configuration, options.OperationTimeout) = (fixture.Server.ConnectionString, Caches.Patience));
        services.AddKeyedRedisExpiringCache("sessions", server.ConnectionString);
        services.AddHealthChecks().AddRedisExpiringCacheCheck().AddKeyedRedisExpiringCacheCheck("sessions", failureStatus: HealthStatus.Degraded);
        await using var provider = services.BuildServiceProvider();

        await server.KillAsync();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(["redis-expiring-cache", "redis-expiring-cache-sessions"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(HealthStatus.Healthy, report.Entries["redis-expiring-cache"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["redis-expiring-cache-sessions"].Status);
    }

    [Fact]
    public async Task It_checks_the_connection_that_the_cache_uses()
    {
        var name = Some.Word();
        await using var provider = Provider($"{fixture.Server.ConnectionString},name={name}", timeout: Caches.Patience);
        Assert.Null(await provider.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token));
        var before = await ConnectionsOfAsync(name);
        Assert.NotEmpty(before);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync(provider)).Status);

        Assert.Equal(before, (await ConnectionsOfAsync(name)).Intersect(before));
        Assert.InRange((await ConnectionsOfAsync(name)).Length, 1, 2);
    }

    [Fact]
    public async Task Its_own_time_out_counts_too()
    {
        await using var server = await RedisServer.StartAsync();
        var services = new ServiceCollection().AddLogging();
        services.AddRedisExpiringCache(options => (options.Configuration, options.OperationTimeout) = (server.ConnectionString, TimeSpan.FromMinutes(10)));
        services.AddHealthChecks().AddRedisExpiringCacheCheck(timeout: TimeSpan.FromMilliseconds(200));
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token);
        server.Freeze();
        var entry = await CheckAsync(provider);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.InRange(entry.Duration, TimeSpan.FromMilliseconds(150), TimeSpan.FromMinutes(5));
        server.Thaw();
    }

    [Fact]
    public async Task Whoever_cancels_the_check_hears_of_it()
    {
        await using var provider = Provider(fixture.Server.ConnectionString);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(cancelled.Token));
    }

    [Fact]
    public void What_it_was_given_is_what_is_registered()
    {
        var services = new ServiceCollection();
        services.AddHealthChecks()
            .AddRedisExpiringCacheCheck()
            .AddRedisExpiringCacheCheck("redis", HealthStatus.Degraded, ["ready"], TimeSpan.FromSeconds(3))
            .AddKeyedRedisExpiringCacheCheck("sessions", "keyed", HealthStatus.Degraded, ["live"], TimeSpan.FromSeconds(4));
        using var provider = services.BuildServiceProvider();
        var registered = provider.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.ToArray();
        Assert.Equal(["redis-expiring-cache", "redis", "keyed"], registered.Select(one => one.Name));
        Assert.Equal([HealthStatus.Unhealthy, HealthStatus.Degraded, HealthStatus.Degraded], registered.Select(one => one.FailureStatus));
        Assert.Equal([Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)], registered.Select(one => one.Timeout));
        Assert.Equal(["", "ready", "live"], registered.Select(one => string.Join(',', one.Tags)));
    }

    [Fact]
    public async Task Without_the_cache_it_says_what_to_add()
    {
        foreach (var (add, missing) in new (Action<IHealthChecksBuilder>, string)[]
        {
            (checks => checks.AddRedisExpiringCacheCheck(), "AddRedisExpiringCache"),
            (checks => checks.AddKeyedRedisExpiringCacheCheck("sessions"), "'sessions'"),
        })
        {
            var services = new ServiceCollection().AddLogging();
            add(services.AddHealthChecks());
            await using var provider = services.BuildServiceProvider();
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => CheckAsync(provider));
            Assert.Contains(missing, failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Null_is_refused_by_its_name()
    {
        var checks = new ServiceCollection().AddHealthChecks();
        Assert.Equal("builder", Assert.Throws<ArgumentNullException>(() => ((IHealthChecksBuilder)null!).AddRedisExpiringCacheCheck()).ParamName);
        Assert.Equal("name", Assert.Throws<ArgumentNullException>(() => checks.AddRedisExpiringCacheCheck(null!)).ParamName);
        Assert.Equal("serviceKey", Assert.Throws<ArgumentNullException>(() => checks.AddKeyedRedisExpiringCacheCheck(null!)).ParamName);
    }

    private static ServiceProvider Provider(string connectionString, HealthStatus? failureStatus = null, TimeSpan? timeout = null)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddRedisExpiringCache(options =>
            (options.Configuration, options.OperationTimeout) = (connectionString, timeout ?? options.OperationTimeout));
        services.AddHealthChecks().AddRedisExpiringCacheCheck(failureStatus: failureStatus);
        return services.BuildServiceProvider(validateScopes: true);
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider provider) =>
        (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries.Single().Value;

    private static Task EventuallyHealthyAsync(ServiceProvider provider) => Eventually.True(
        async () => (await CheckAsync(provider)).Status == HealthStatus.Healthy, Soon, "Redis to be healthy");

    private async Task<long[]> ConnectionsOfAsync(string name)
    {
        var clients = await fixture.Server.Admin.GetServer(fixture.Server.ConnectionString).ClientListAsync();
        return [.. clients.Where(client => client.Name == name).Select(client => client.Id)];
    }
}
