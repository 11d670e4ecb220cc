using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>Values that take a link longer than OperationTimeout, beside others that do not.</summary>
public sealed class LargeBodyTests(RedisFixture fixture)
{
    private const int MiB = 1024 * 1024;

    private const int Size = 32 * MiB;

    // A transfer takes 5.1 s: longer than the timeout, shorter than the timeout and the 2 s that the size adds to it. The link is so slow
    // that a busy processor is not the limit.
    private const int Rate = 25 * MiB / 4;

    private const int TooSlowRate = 3 * MiB;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Six_clients_of_a_large_page_cost_a_small_page_no_hits_and_the_data_cache_no_calls()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var app = await StartAsync(proxy);
        var data = app.Services.GetRequiredService<IRedisExpiringCache>();
        await CachedApp.ConnectAsync(data);
        await data.SetAsync("small", Some.Bytes(), Caches.Relative(600), Token);
        await app.WarmAsync("/small");
        await WarmLargeAsync(app);

        proxy.BytesPerSecond = Rate;
        var clients = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => VisitAsync(app, "/large", times: 2)));
        var small = new List<Answer>();
        var failed = 0;
        while (!clients.IsCompleted || small.Count < 10)
        {
            small.Add(await app.GetAsync("/small"));
            failed += await Record.ExceptionAsync(() => data.GetAsync("small", Token)) is null ? 0 : 1;
        }

        var large = (await clients).SelectMany(static answers => answers).ToArray();
        var (smallHits, largeHits) = (small.Count(static one => one.IsHit), large.Count(static one => one.IsHit));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"small: {smallHits} of {small.Count}, failed: {failed}, large: {largeHits} of {large.Length}");
        Assert.All(large, static one => Assert.Equal(Size, one.Bytes.Length));
        Assert.True(smallHits >= 0.9 * small.Count, string.Join('\n', small.Select(static one => one.CacheStatus)));
        Assert.Equal(0, failed);
        Assert.All(large, static one => Assert.True(IsServedOrExplained(one), one.CacheStatus));
        Assert.DoesNotContain(app.Logs, static record => record.Event.Id == 50);
        await WarmLargeAsync(app);
    }

    [Fact]
    public async Task A_large_page_that_another_node_stored_is_served_although_it_takes_longer_than_the_timeout()
    {
        var prefix = fixture.Server.NewPrefix();
        await using var first = await StartAsync(connectionString: null, prefix);
        await WarmLargeAsync(first);
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var other = await StartAsync(proxy, prefix: prefix);
        await CachedApp.ConnectAsync(other.Services.GetRequiredService<IRedisExpiringCache>());
        await other.WarmAsync("/small");
        proxy.BytesPerSecond = Rate;
        await WarmLargeAsync(other);
        Assert.True((await other.GetAsync("/small")).IsHit);
    }

    [Fact]
    public async Task A_page_too_large_for_the_link_is_reported_as_too_slow_and_not_read_again_at_once()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var app = await StartAsync(proxy);
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        await app.WarmAsync("/small");
        await WarmLargeAsync(app);

        proxy.BytesPerSecond = TooSlowRate;
        var first = await app.GetAsync("/large");
        Assert.Equal("too-slow", first.Detail);
        Assert.Equal(Size, first.Bytes.Length);
        Assert.True((await app.GetAsync("/small")).IsHit);

        var sent = proxy.BytesToServer;
        var again = await app.GetAsync("/large");
        Assert.Equal("too-slow", again.Detail);
        Assert.True((await app.GetAsync("/small")).IsHit);
        Assert.InRange(proxy.BytesToServer - sent, 0, MiB);
        Assert.DoesNotContain(app.Logs, static record => record.Event.Id == 50);
        Assert.Contains(app.Logs, static record => record.Event.Id == 70);

        // The pause is over some seconds after the link is.
        proxy.BytesPerSecond = 0;
        await WarmLargeAsync(app);
    }

    [Fact]
    public async Task Large_data_values_are_written_and_read_and_hold_up_no_small_ones()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var cache = Connect(proxy);
        var (small, large, value) = (Some.Key(), Some.Key(), new byte[Size]);
        await ConnectLargeAsync(cache);
        await cache.SetAsync(small, Some.Bytes(), Caches.Relative(600), Token);

        proxy.BytesPerSecond = Rate;
        var transfers = TransferAsync();
        do
        {
            Assert.NotNull(await cache.GetAsync(small, Token));
        }
        while (!transfers.IsCompleted);

        await transfers;

        async Task TransferAsync()
        {
            await SucceedsAsync(() => cache.SetAsync(large, value, Caches.Relative(600), Token));
            await SucceedsAsync(async () => Assert.Equal(value.Length, (await cache.GetAsync(large, Token))?.Length));
        }
    }

    [Fact]
    public async Task A_large_data_value_of_another_process_does_not_leave_the_circuit_open()
    {
        var (instance, key) = (fixture.Server.NewPrefix(), Some.Key());
        await using var writer = Caches.Connect(fixture.Server.ConnectionString, options => options.InstanceName = instance);
        await writer.SetAsync(key, new byte[Size], Caches.Relative(600), Token);
        await writer.SetAsync("small", Some.Bytes(), Caches.Relative(600), Token);
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var cache = Connect(
            proxy, options => (options.InstanceName, options.CircuitBreaker.OpenFor) = (instance, TimeSpan.FromHours(1)));
        await CachedApp.ConnectAsync(cache);
        await ConnectLargeAsync(cache);

        proxy.BytesPerSecond = Rate;
        await Assert.ThrowsAnyAsync<TimeoutException>(() => cache.GetAsync(key, Token));
        await Eventually.True(
            async () => await Record.ExceptionAsync(() => cache.GetAsync("small", Token)) is null,
            TimeSpan.FromSeconds(60),
            "the circuit to close");
        await Eventually.True(
            async () =>
            {
                byte[]? value = null;
                return await Record.ExceptionAsync(async () => value = await cache.GetAsync(key, Token)) is null && value?.Length == Size;
            },
            TimeSpan.FromSeconds(60),
            "the large value to be read");
    }

    [Fact]
    public async Task A_removal_after_a_large_write_that_timed_out_is_not_overtaken_by_it()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        var (instance, key) = (fixture.Server.NewPrefix(), Some.Key());
        await using var cache = Connect(proxy, options => options.InstanceName = instance);
        await ConnectLargeAsync(cache);
        proxy.BytesPerSecond = TooSlowRate;
        await Assert.ThrowsAnyAsync<TimeoutException>(() => cache.SetAsync(key, new byte[Size], Caches.Relative(600), Token));
        var removing = Record.ExceptionAsync(() => cache.RemoveAsync(key, Token));
        proxy.BytesPerSecond = 0;
        _ = await removing;

        // Sent behind whatever of that write was still on its way.
        await ConnectLargeAsync(cache);
        Assert.False(await fixture.Server.Raw.KeyExistsAsync(instance + key));
    }

    [Fact]
    public async Task Large_values_over_a_multiplexer_of_the_application_do_not_open_the_circuit()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        using var log = new RecordingLoggerProvider();
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync($"{proxy.ConnectionString},asyncTimeout=20000");
        await using var cache = Caches.Connect(
            "",
            options =>
            {
                options.Configuration = null;
                options.ConnectionMultiplexerFactory = () => Task.FromResult<IConnectionMultiplexer>(multiplexer);
                options.OperationTimeout = Budget;
                options.InstanceName = fixture.Server.NewPrefix();
            },
            log);
        await ConnectLargeAsync(cache);
        await cache.SetAsync("small", Some.Bytes(), Caches.Relative(600), Token);
        await SucceedsAsync(() => cache.SetAsync("large", new byte[Size], Caches.Relative(600), Token));

        proxy.BytesPerSecond = Rate;
        var calls = 0;
        await SucceedsAsync(async () =>
        {
            var reading = cache.GetAsync("large", Token);
            while (!reading.IsCompleted)
            {
                calls++;
                await Record.ExceptionAsync(() => Task.WhenAll(Enumerable.Range(0, 10).Select(_ => cache.GetAsync("small", Token))));
            }

            Assert.Equal(Size, (await reading)?.Length);
        });
        Assert.NotNull(await cache.GetAsync("small", Token));
        Assert.True(calls > 0);
        Assert.DoesNotContain(log.Records, static record => record.Event.Id == 50);
    }

    /// <summary>The first large value connects, for which a busy machine may need longer than the budget.</summary>
    private static Task ConnectLargeAsync(RedisExpiringCache cache) => Eventually.True(
        async () => await Record.ExceptionAsync(() => cache.SetAsync("connect", new byte[MiB], Caches.Relative(600), Token)) is null,
        TimeSpan.FromSeconds(60),
        "a large value to be written");

    /// <summary>At some attempt: on a busy machine a transfer may be late.</summary>
    private static Task SucceedsAsync(Func<Task> transfer) => Eventually.True(
        async () => await Record.ExceptionAsync(transfer) is null, TimeSpan.FromSeconds(90), "a transfer in time");

    private static bool IsServedOrExplained(Answer answer) =>
        answer.IsHit || answer.WasStored || answer.Detail is "too-slow" or "redis-timeout"
        || answer.CacheStatus.EndsWith("collapsed", StringComparison.Ordinal);

    private static Task WarmLargeAsync(CachedApp app) =>
        Eventually.True(async () => (await app.GetAsync("/large")).IsHit, TimeSpan.FromSeconds(90), "a hit of the large page");

    private static async Task<Answer[]> VisitAsync(CachedApp app, string path, int times)
    {
        var answers = new Answer[times];
        for (var i = 0; i < times; i++)
            answers[i] = await app.GetAsync(path);

        return answers;
    }

    private RedisExpiringCache Connect(TcpProxy proxy, Action<RedisExpiringCacheOptions>? configure = null) => Caches.Connect(
        proxy.ConnectionString,
        options =>
        {
            (options.OperationTimeout, options.InstanceName) = (Budget, fixture.Server.NewPrefix());
            configure?.Invoke(options);
        });

    private Task<CachedApp> StartAsync(TcpProxy? proxy, string? prefix = null) => StartAsync(proxy?.ConnectionString, prefix);

    private Task<CachedApp> StartAsync(string? connectionString, string? prefix) => CachedApp.StartAsync(
        fixture.Server,
        static web =>
        {
            web.MapPage("/small");
            web.MapGet("/large", static async (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=600";
                var chunk = new byte[MiB];
                for (var i = 0; i < Size / MiB; i++)
                    await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            });
        },
        new AppSetup
        {
            ConnectionString = connectionString,
            Prefix = prefix,
            Options = static options => options.ResponseCaching.OperationTimeout = Budget,
        });
}
