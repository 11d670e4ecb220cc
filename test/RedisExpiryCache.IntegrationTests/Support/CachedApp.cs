using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>What of an app a test wants to be different.</summary>
internal sealed record AppSetup
{
    /// <summary>Default: one that no other app uses. Two apps with the same prefix are two nodes of one service.</summary>
    public string? Prefix { get; init; }

    /// <summary>Default: the server's own.</summary>
    public string? ConnectionString { get; init; }

    public TimeProvider? Time { get; init; }
    public Action<RedisExpiringCacheOptions>? Options { get; init; }
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Middleware outside of the cache.</summary>
    public Action<WebApplication>? Outside { get; init; }

    public HttpProtocols Protocols { get; init; } = HttpProtocols.Http1;

    /// <summary>The library's own defaults, where most tests need all of RFC 9111.</summary>
    public bool IsOnDefaults { get; init; }
}

/// <summary>An app on Kestrel with the response cache in its pipeline, on a free port, and a client that adds nothing of its own.</summary>
internal sealed class CachedApp : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly RecordingLoggerProvider _logs;

    private CachedApp(WebApplication web, RecordingLoggerProvider logs, RecordingMeters meters, string prefix)
    {
        _web = web;
        _logs = logs;
        Prefix = prefix;
        Metrics = meters;
        Client = NewClient();
    }

    public string Prefix { get; }

    public HttpClient Client { get; private set; }

    public RecordingMeters Metrics { get; }

    public IServiceProvider Services => _web.Services;

    public IResponseCacheInvalidator Control => Services.GetRequiredService<IResponseCacheInvalidator>();

    /// <summary>What the library logged; what the server did is left out.</summary>
    public IReadOnlyList<LogRecord> Logs =>
        [.. _logs.Records.Where(record => record.Category.StartsWith("RedisExpiryCache", StringComparison.Ordinal))];

    public Uri Address => new(_web.Urls.Single());

    public static async Task<CachedApp> StartAsync(CacheServer server, Action<WebApplication> map, AppSetup? setup = null)
    {
        setup ??= new AppSetup();
        var prefix = setup.Prefix ?? server.NewPrefix();
        var logs = new RecordingLoggerProvider();
        var meters = new RecordingMeters();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = TestApp.Environment });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = setup.Protocols));
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        if (setup.Time is { } time)
            builder.Services.AddSingleton(time);

        builder.Services.AddSingleton<PageCounter>();
        builder.Services.AddSingleton<IMeterFactory>(meters);
        builder.Services.AddRedisExpiringCache(options =>
        {
            options.Configuration = setup.ConnectionString ?? server.ConnectionString;
            options.ConfigurationOptions = setup.ConnectionString is null ? server.Connection : null;
            options.InstanceName = prefix;
            // The machines that run this are slow; a test that wants a time-out says so.
            options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(10);
            if (!setup.IsOnDefaults)
                (options.ResponseCaching.Scope, options.ResponseCaching.HonorRequestDirectives) = (ResponseCachingScope.AllResponses, true);

            setup.Options?.Invoke(options);
        });
        setup.Services?.Invoke(builder.Services);

        var web = builder.Build();
        setup.Outside?.Invoke(web);
        web.UseRedisExpiringCache();
        map(web);
        await web.StartAsync();
        if (setup.ConnectionString is null && server.IsRunning)
            await ConnectAsync(web.Services.GetRequiredService<IRedisExpiringCache>());

        var app = new CachedApp(web, logs, meters, prefix);
        app.Client.DefaultRequestVersion = setup.Protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        app.Client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return app;
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] fields) => SendAsync(HttpMethod.Get, path, fields);

    public async Task<Answer> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] fields)
    {
        using var request = Request(method, path, fields);
        using var response = await Client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public HttpRequestMessage Request(HttpMethod method, string path, params (string Name, string Value)[] fields)
    {
        // As spelled: the client is not to fold "%2e" or "..", for the app would never see them.
        var uri = new Uri($"{Address.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri) { Version = Client.DefaultRequestVersion, VersionPolicy = Client.DefaultVersionPolicy };
        // The same for all nodes of a service; their ports differ.
        request.Headers.Host = "app.example";
        foreach (var (name, value) in fields)
        {
            request.Headers.Remove(name == "Host" ? name : "X-None");
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }

        return request;
    }

    /// <summary>A hit beyond the first: the page is stored and this process knows all it may know about it.</summary>
    public async Task<Answer> WarmAsync(string path, params (string Name, string Value)[] fields)
    {
        await GetAsync(path, fields);
        var hit = await GetAsync(path, fields);
        Assert.True(hit.IsHit, hit.CacheStatus);
        return hit;
    }

    /// <summary>Metrics hear of a response after the client did.</summary>
    public Task CountedAsync(int times, string instrument, params (string Name, string? Value)[] tags) => Eventually.True(
        () => Metrics.Count(instrument, tags) == times, TimeSpan.FromSeconds(30), $"{times} of {instrument} {string.Join(", ", tags)}; there are {Metrics.Count(instrument, tags)}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Metrics.Dispose();
        await _web.DisposeAsync();
        _logs.Dispose();
    }

    /// <summary>The first connection may fail on a busy machine, which costs an app a miss and a test its point.</summary>
    internal static Task ConnectAsync(IRedisExpiringCache cache) => Eventually.True(
        async () =>
        {
            try
            {
                return await cache.GetLifetimeAsync("connected?") is null;
            }
            catch (Exception failure) when (failure is RedisException or TimeoutException)
            {
                return false;
            }
        },
        TimeSpan.FromSeconds(60),
        "a connection to Redis");

    private HttpClient NewClient()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        return new HttpClient(handler) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }
}

/// <summary>Numbers what the app makes, so that a body tells whether it is a new one.</summary>
internal sealed class PageCounter
{
    private int _made;

    public int Made => Volatile.Read(ref _made);

    public string Next() => string.Create(CultureInfo.InvariantCulture, $"page {Interlocked.Increment(ref _made)}");
}
