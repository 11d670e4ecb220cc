using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>What the health check says beyond whether Redis answers a PING.</summary>
public sealed class FailureHealthTests(RedisFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", true, HealthStatus.Unhealthy, "circuit-open", null)]
    [InlineData("READONLY You can't write against a read only replica.", false, HealthStatus.Degraded, "circuit-open-for-writes", null)]
    [InlineData("NOPERM User app has no permissions to run the 'set' command", false, HealthStatus.Unhealthy, "redis-refused", "NOPERM")]
    public async Task The_reason_is_named(string reply, bool everywhere, HealthStatus status, string reason, string? error)
    {
        await using var door = RedisDoor.To(fixture.Server);
        await using var provider = Provider(door.ConnectionString);
        var cache = provider.GetRequiredService<IDistributedCache>();
        await Eventually.True(async () => (await CheckAsync(provider)).Status == HealthStatus.Healthy, Soon, "Redis to be healthy");

        door.Answer = command => everywhere || command == "SET" ? reply : null;

        // The circuit is open for a second at a time: on a busy machine a check may come when it is to be tried again.
        HealthReportEntry entry = default;
        await Eventually.True(
            async () =>
            {
                for (var i = 0; i < 5; i++)
                    await Record.ExceptionAsync(() => cache.SetAsync("key", [1], Token));

                entry = await CheckAsync(provider);
                return entry.Data.GetValueOrDefault("reason") as string == reason;
            },
            Soon,
            $"the reason to be {reason}");
        Assert.Equal((status, error), (entry.Status, entry.Data.GetValueOrDefault("error")));
        Assert.Contains(reason, entry.Description, StringComparison.Ordinal);

        door.Answer = static _ => null;
        if (error is not null)
            return;

        await Eventually.True(
            async () =>
            {
                await Record.ExceptionAsync(() => cache.SetAsync("key", [1], Token));
                return (await CheckAsync(provider)).Status == HealthStatus.Healthy;
            },
            Soon,
            "Redis to be healthy again");
    }

    private static ServiceProvider Provider(string connectionString)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.OperationTimeout) = (connectionString, Caches.Patience);
            options.CircuitBreaker.FailuresBeforeOpening = 3;
        });
        services.AddHealthChecks().AddRedisExpiringCacheCheck();
        return services.BuildServiceProvider();
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider provider) =>
        (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries.Single().Value;
}
