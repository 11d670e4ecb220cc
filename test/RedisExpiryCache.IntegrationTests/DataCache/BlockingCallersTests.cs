using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>
/// Callers that block take all threads of the pool until it has grown, which takes it some ten seconds; whatever else runs in the process stands still meanwhile. So
/// no other test runs beside this one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class BlockingCallersTests(RedisFixture fixture)
{
    public const string Name = "Alone";

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_blocking_callers_at_once_all_get_their_answer()
    {
        var (instance, key, value) = (fixture.Server.NewPrefix(), Some.Key(), Some.Bytes());
        await using var warm = Connect(instance);
        await warm.SetAsync(key, value, Caches.Sliding(600), Token);
        await using var cold = Connect(instance);
        var reads = Enumerable.Range(0, 64).Select(_ => Task.Run(() => cold.Get(key), Token));
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(value, read));
    }

    [Fact]
    public async Task A_hundred_blocking_reads_at_once_succeed_with_dedicated_connection_threads()
    {
        using var flag = new DedicatedThreadsFlag();
        var (instance, key, value) = (fixture.Server.NewPrefix(), Some.Key(), Some.Bytes());
        await using var cache = Caches.Connect(
            fixture.Server.ConnectionString, options => (options.InstanceName, options.DedicatedConnectionThreads) = (instance, true));
        await cache.SetAsync(key, value, Caches.Sliding(600), Token);
        var reads = Enumerable.Range(0, 100).Select(_ => Task.Run(() => cache.Get(key), Token));
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(value, read));
    }

    [Fact]
    public async Task Blocking_reads_that_find_no_thread_for_their_replies_do_not_open_the_circuit()
    {
        using var log = new RecordingLoggerProvider();
        var (instance, key, value) = (fixture.Server.NewPrefix(), Some.Key(), Some.Bytes());
        await using var cache = Caches.Connect(
            fixture.Server.ConnectionString, options => (options.InstanceName, options.OperationTimeout) = (instance, Short), log);
        await Eventually.True(
            async () => await Record.ExceptionAsync(() => cache.SetAsync(key, value, Caches.Sliding(600), Token)) is null,
            Caches.Patience,
            "a connection");
        var reads = Enumerable.Range(0, 100).Select(_ => Task.Run(() => Record.Exception(() => cache.Get(key)), Token));
        var failures = (await Task.WhenAll(reads)).OfType<Exception>().ToArray();
        Assert.All(failures, static failure => Assert.IsType<RedisTimeoutException>(failure));
        Assert.DoesNotContain(log.Records, static record => record.Event.Id == 50);
        Assert.Equal(failures.Length > 0, log.Records.Any(static record => record.Event.Id == 71));
    }

    [Fact]
    public async Task Blocking_reads_of_a_frozen_server_open_the_circuit()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        using var log = new RecordingLoggerProvider();
        await using var cache = Caches.Connect(proxy.ConnectionString, static options => options.OperationTimeout = Short, log);
        await CachedApp.ConnectAsync(cache);
        proxy.Freeze();
        await Eventually.True(
            () =>
            {
                Assert.ThrowsAny<Exception>(() => cache.Get(Some.Key()));
                return log.Records.Any(static record => record.Event.Id == 50);
            },
            Caches.Patience,
            "the circuit to open");
    }

    [Fact]
    public async Task A_hundred_requests_that_read_their_session_without_loading_it_find_it_with_dedicated_connection_threads()
    {
        using var flag = new DedicatedThreadsFlag();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSession();
        builder.Services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix());
            options.DedicatedConnectionThreads = true;
        });
        await using var app = builder.Build();
        app.UseSession();
        app.MapGet("/set", static (HttpContext context) => context.Session.SetString("name", "value"));
        app.MapGet("/", static (HttpContext context) => context.Session.GetString("name") ?? "lost");
        await app.StartAsync(Token);
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        using var client = app.GetTestClient();
        var cookies = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            using var answer = await client.GetAsync(new Uri("/set", UriKind.Relative), Token);
            cookies.Add(Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0]);
        }

        var reads = cookies.Select(cookie => Task.Run(() => ReadAsync(client, cookie), Token));
        Assert.All(await Task.WhenAll(reads), static read => Assert.Equal("value", read));
    }

    private static async Task<string> ReadAsync(HttpClient client, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Cookie", cookie } } };
        using var response = await client.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }

    /// <summary>The flag holds for the process: other tests are not to get it.</summary>
    private sealed class DedicatedThreadsFlag : IDisposable
    {
        private const string Name = "DedicatedThreads";
        private readonly bool _before = ConnectionMultiplexer.GetFeatureFlag(Name);

        public void Dispose() => ConnectionMultiplexer.SetFeatureFlag(Name, _before);
    }

    private RedisExpiringCache Connect(string instance) => Caches.Connect(
        fixture.Server.ConnectionString, options => (options.InstanceName, options.OperationTimeout) = (instance, TimeSpan.FromSeconds(60)));
}
