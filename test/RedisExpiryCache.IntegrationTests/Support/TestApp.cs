using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>An app without a network of its own, or its services alone: where how they are put together is what the test is about.</summary>
internal static class TestApp
{
    /// <summary>One in which start-up does not warn of what matters in production alone.</summary>
    public const string Environment = "Testing";

    public static WebApplicationBuilder NewBuilder(RecordingLoggerProvider? log = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environment });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        if (log is not null)
            builder.Logging.AddProvider(log);

        builder.Services.BePatient();
        return builder;
    }

    /// <summary>Services whose caches, with keys and without, wait longer than a busy machine makes them.</summary>
    public static IServiceCollection NewServices() => new ServiceCollection().BePatient();

    private static IServiceCollection BePatient(this IServiceCollection services) =>
        services.AddLogging().ConfigureAll<RedisExpiringCacheOptions>(options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = Caches.Patience);
}
