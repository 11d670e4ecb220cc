using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>What a real Redis may go through, and what an app and its clients notice of it.</summary>
public sealed class ServerFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly byte[] _old = Some.Bytes();
    private RedisServer? _server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    public static TheoryData<ServerFault> Faults => [.. Enum.GetValues<ServerFault>()];

    private string ConnectionString => $"{Server.ConnectionString},user=app,password=secret";

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync(ServerFaults.ServerArguments);
        await ServerFaults.AddUserAsync(_server);
    }

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_request_is_answered_no_eviction_is_undone_and_hits_come_back(ServerFault fault)
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(1));
        foreach (var id in new[] { "hit", "path", "tag" })
            await WarmAsync(app, $"/a/{id}");

        app.Services.GetRequiredService<Versions>().Now = "during";
        var end = await fault.BeginAsync(Server);
        await AnsweredAsync(app, fault.Reads() ? 5 : 30, "/a/hit");
        if (fault.Reads())
            await Eventually.True(async () => (await app.GetAsync("/a/hit")).IsHit, Soon, "a hit in spite of it");

        var evictions = new[]
        {
            await Record.ExceptionAsync(() => app.Control.EvictAsync("/a/path", Token).AsTask()),
            await Record.ExceptionAsync(() => app.Control.EvictByTagAsync("tag", Token).AsTask()),
        };
        if (fault.Deletes())
            Assert.All(evictions, Assert.Null);
        else if (!fault.Passes())
            Assert.All(evictions, Assert.NotNull);

        foreach (var id in new[] { "path", "tag" })
            Assert.NotEqual($"made before {id}", (await app.GetAsync($"/a/{id}")).Body);

        await end();
        foreach (var id in new[] { "path", "tag" })
        {
            await Eventually.True(
                async () =>
                {
                    var answer = await app.GetAsync($"/a/{id}");
                    Assert.NotEqual($"made before {id}", answer.Body);
                    return answer.IsHit;
                },
                Soon,
                $"hits of {id} to be back");
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Degrading_the_data_cache_goes_on_and_reads_nothing_that_was_removed_or_replaced(ServerFault fault)
    {
        await using var cache = Caches.Connect(ConnectionString, options =>
        {
            options.FailureMode = FailureMode.Degrade;
            options.OperationTimeout = TimeSpan.FromMilliseconds(500);
        });
        await Eventually.True(async () => await WritesAsync(cache, "replaced", _old) && await WritesAsync(cache, "removed", _old), Soon, "a connection");
        await cache.SetAsync("tagged", new ReadOnlySequence<byte>(_old), Caches.Relative(600), ["tag"], Token);

        var end = await fault.BeginAsync(Server);
        var replacement = Some.Bytes();
        for (var i = 0; i < 3; i++)
        {
            await cache.SetAsync("replaced", replacement, Caches.Relative(600), Token);
            await cache.RemoveAsync("removed", Token);
            await cache.RemoveByTagAsync("tag", Token);
            await cache.RefreshAsync("replaced", Token);
        }

        // Where Redis still writes, it has the new one.
        AssertNotOld(await cache.GetAsync("replaced", Token));
        if (!fault.Passes())
            Assert.Equal((null, null), (await cache.GetAsync("removed", Token), await cache.GetAsync("tagged", Token)));

        await end();
        await Eventually.True(
            async () =>
            {
                AssertNotOld(await cache.GetAsync("replaced", Token));
                AssertNotOld(await cache.GetAsync("removed", Token));
                AssertNotOld(await cache.GetAsync("tagged", Token));
                return await WritesAsync(cache, "replaced", replacement);
            },
            Soon,
            "the cache to be in use again");
        await Eventually.True(async () => !await Server.Raw.KeyExistsAsync("removed"), Soon, "the removal to be made up for");
    }

    [Theory]
    [InlineData(ServerFault.Killed)]
    [InlineData(ServerFault.Frozen)]
    public async Task Once_the_circuit_is_open_no_request_waits(ServerFault fault)
    {
        await using var app = await StartAsync(TimeSpan.FromSeconds(2));
        await WarmAsync(app, "/a/hit");
        var end = await fault.BeginAsync(Server);
        await Eventually.True(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => app.GetAsync("/a/hit")));
                return app.Logs.Any(record => record.Event.Id == 50);
            },
            Soon,
            "the circuit to open");

        // Each would wait for two seconds.
        var watch = Stopwatch.StartNew();
        await AnsweredAsync(app, 100, "/a/hit");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
        await end();
        await Eventually.True(async () => (await app.GetAsync("/a/hit")).IsHit, Soon, "hits to be back");
        Assert.Contains(app.Logs, record => record.Event.Id == 51);
    }

    private Task<CachedApp> StartAsync(TimeSpan timeout) => CachedApp.StartAsync(
        Server,
        static web => web.MapGet("/a/{id}", static (string id, Versions versions) => $"made {versions.Now} {id}")
            .WithMetadata(new RedisResponseCacheAttribute { Duration = 600, Tags = ["{id}"] }),
        new AppSetup
        {
            ConnectionString = ConnectionString,
            Services = static services => services.AddSingleton<Versions>(),
            Options = options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = timeout,
        });

    private static async Task AnsweredAsync(CachedApp app, int times, string path)
    {
        for (var i = 0; i < times; i++)
            Assert.Equal(200, (int)(await app.GetAsync(path)).Status);
    }

    private static Task WarmAsync(CachedApp app, string path) => Eventually.True(async () => (await app.GetAsync(path)).IsHit, Soon, "a first hit");

    private void AssertNotOld(byte[]? value) => Assert.False(value?.AsSpan().SequenceEqual(_old) is true, "An old value was read.");

    private static async Task<bool> WritesAsync(RedisExpiringCache cache, string key, byte[] value)
    {
        await cache.SetAsync(key, value, Caches.Relative(600), Token);
        return (await cache.GetAsync(key, Token))?.AsSpan().SequenceEqual(value) is true;
    }

    private sealed class Versions
    {
        public string Now { get; set; } = "before";
    }
}
