using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>How the near cache fares is told by the log, the metrics and the health check.</summary>
public sealed class NearReportTests : IAsyncLifetime
{
    private const int On = 57;
    private const int Lost = 58;
    private const int Off = 59;

    private readonly RecordingMeters _meters = new();
    private readonly RecordingLoggerProvider _log = new();
    private RedisServer? _server;

    private RedisServer Server => _server!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private double Active => _meters.All.Where(static one => one.Instrument == "redis_expiry_cache.near.active").Sum(static one => one.Value);

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _meters.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task On_off_and_on_again_is_told_everywhere()
    {
        await using var provider = Provider(static options => options.NearCache.Enabled = true);
        await SaysAsync(provider, "on", "Redis answers.");
        Assert.Equal((1, 1, 0, 0), (Active, Count(On), Count(Lost), Count(Off)));

        // Redis disconnects those who hear what they may not hear any more.
        await Server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "resetchannels");
        await SaysAsync(provider, "off", "Redis answers. The near cache is off: Redis refuses what it needs: NOPERM.");
        Assert.Equal((0, 1, 1, 1), (Active, Count(On), Count(Lost), Count(Off)));

        await Server.Raw.ExecuteAsync("ACL", "SETUSER", "default", "allchannels");
        await Server.Raw.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await SaysAsync(provider, "on", "Redis answers.");
        Assert.Equal((1, 2, 1, 1), (Active, Count(On), Count(Lost), Count(Off)));
        Assert.Equal(
            [LogLevel.Information, LogLevel.Warning, LogLevel.Warning], ((int[])[On, Lost, Off]).Select(id => _log.Records.First(record => record.Event.Id == id).Level));
    }

    [Fact]
    public async Task The_end_of_the_app_is_no_loss_to_be_warned_of()
    {
        var provider = Provider(static options => options.NearCache.Enabled = true);
        await SaysAsync(provider, "on", "Redis answers.");
        await provider.DisposeAsync();
        Assert.Equal((0, 0), (Active, Count(Lost)));
    }

    [Fact]
    public async Task What_redis_says_is_counted()
    {
        await using var provider = Provider(NearNode.TurnOn);
        await SaysAsync(provider, "on", "Redis answers.");
        Assert.Equal(0, _meters.Count("near.invalidations"));
        await Server.Raw.StringSetAsync("app:key", "value");
        await Eventually.True(() => _meters.Count("near.invalidations") == 1, NearNode.Deadline, "a change to be counted");
    }

    [Fact]
    public async Task Without_a_near_cache_nothing_is_said_of_one()
    {
        await using var provider = Provider(static _ => { });
        HealthReportEntry entry = default;
        await Eventually.True(async () => (entry = await CheckAsync(provider)).Status == HealthStatus.Healthy, NearNode.Deadline, "Redis to be healthy");
        Assert.Equal(["latencyMs"], entry.Data.Keys);
        Assert.Equal((0, 0, 0), (Active, Count(On), Count(Off)));
    }

    private ServiceProvider Provider(Action<RedisExpiringCacheOptions> configure)
    {
        var services = TestApp.NewServices().AddLogging(logging => logging.AddProvider(_log)).AddSingleton<IMeterFactory>(_meters);
        services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (Server.ConnectionString, "app:");
            configure(options);
        });
        services.AddHealthChecks().AddRedisExpiringCacheCheck();
        return services.BuildServiceProvider();
    }

    private static async Task SaysAsync(ServiceProvider provider, string nearCache, string description)
    {
        HealthReportEntry entry = default;
        await Eventually.True(
            async () => (entry = await CheckAsync(provider)).Data.GetValueOrDefault("nearCache") as string == nearCache && entry.Description == description,
            NearNode.Deadline,
            $"the health check to say '{description}'");
        Assert.Equal(HealthStatus.Healthy, entry.Status);
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider provider) =>
        (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries.Single().Value;

    private int Count(int id) => _log.Records.Count(record => record.Event.Id == id);
}
