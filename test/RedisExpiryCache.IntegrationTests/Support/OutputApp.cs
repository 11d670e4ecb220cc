using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Where the output cache of an app keeps its entries.</summary>
public enum OutputStorage
{
    /// <summary>Microsoft's own store: AddRedisExpiringCache was not called.</summary>
    Memory,

    /// <summary>Ours; AddOutputCache was called after AddRedisExpiringCache.</summary>
    Redis,

    /// <summary>Ours; AddOutputCache was called first.</summary>
    RedisAddedLast,
}

/// <summary>An app with ASP.NET Core's output cache in its pipeline, and nothing else of a cache.</summary>
internal sealed class OutputApp : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly RecordingLoggerProvider _logs;
    private readonly HttpClient _client;

    private OutputApp(WebApplication web, RecordingLoggerProvider logs, RecordingMeters meters)
    {
        (_web, _logs, Metrics) = (web, logs, meters);
        _client = web.GetTestClient();
    }

    public RecordingMeters Metrics { get; }

    public IServiceProvider Services => _web.Services;

    public IOutputCacheStore Store => Services.GetRequiredService<IOutputCacheStore>();

    public int Made => Services.GetRequiredService<PageCounter>().Made;

    /// <summary>How often the output cache found nothing, as it says itself.</summary>
    public int LookedUpInVain => _logs.Records.Count(static record => record.Event.Name == "NoResponseServed");

    /// <summary>What the library logged.</summary>
    public IReadOnlyList<LogRecord> Logs =>
        [.. _logs.Records.Where(record => record.Category.StartsWith("RedisExpiryCache", StringComparison.Ordinal))];

    /// <param name="reachable">Whether to wait for the connection: else a busy machine may cost an app its first entries.</param>
    public static async Task<OutputApp> StartAsync(
        OutputStorage storage, Action<WebApplication> map, Action<RedisExpiringCacheOptions> configure, bool reachable = true)
    {
        var (logs, meters) = (new RecordingLoggerProvider(), new RecordingMeters());
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton<PageCounter>().AddSingleton<Gate>();
        builder.Services.AddSingleton<IMeterFactory>(meters);
        if (storage == OutputStorage.RedisAddedLast)
            builder.Services.AddOutputCache();

        if (storage != OutputStorage.Memory)
        {
            builder.Services.AddRedisExpiringCache(options =>
            {
                (options.OperationTimeout, options.UseAsOutputCacheStore) = (Caches.Patience, true);
                configure(options);
            });
        }

        if (storage != OutputStorage.RedisAddedLast)
            builder.Services.AddOutputCache();

        var web = builder.Build();
        web.UseOutputCache();
        map(web);
        await web.StartAsync();
        if (storage != OutputStorage.Memory && reachable)
            await CachedApp.ConnectAsync(web.Services.GetRequiredService<IRedisExpiringCache>());

        return new OutputApp(web, logs, meters);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] fields) => SendAsync(HttpMethod.Get, path, fields);

    public async Task<Answer> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in fields)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);

        using var response = await _client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        Metrics.Dispose();
        await _web.DisposeAsync();
        _logs.Dispose();
    }
}
