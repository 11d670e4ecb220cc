using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>Work that a call starts and that outlives it does not run in that call's ExecutionContext.</summary>
public sealed class ExecutionContextTests(RedisFixture fixture)
{
    private static readonly AsyncLocal<string?> Ambient = new();
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly List<string?> _seen = [];
    private readonly Lock _lock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_connection_factory_runs_without_the_context_of_the_first_call()
    {
        Ambient.Value = "first call";
        var seen = new TaskCompletionSource<string?>();
        await using var cache = Caches.Connect("", options =>
        {
            options.Configuration = null;
            options.ConnectionMultiplexerFactory = async () =>
            {
                seen.TrySetResult(Ambient.Value);
                return await ConnectionMultiplexer.ConnectAsync(fixture.Server.ConnectionString);
            };
        });
        await cache.GetAsync(Some.Key(), Token);
        Assert.Null(await seen.Task);
    }

    [Fact]
    public async Task Probes_run_without_the_context_of_the_call_that_opened_the_circuit()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        using var log = new RecordingLoggerProvider();
        await using var cache = await ConnectAsync(proxy, FailureMode.Throw, log);
        Ambient.Value = "call";
        proxy.Freeze();
        await Eventually.True(
            async () =>
            {
                await Record.ExceptionAsync(() => cache.GetAsync(Some.Key(), Token));
                return log.Records.Any(static record => record.Event.Id == 50);
            },
            Soon,
            "the circuit to open");
        await AssertCleanAfterAsync(proxy, log);
    }

    [Fact]
    public async Task Removals_are_replayed_without_the_context_of_the_call_that_failed()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        using var log = new RecordingLoggerProvider();
        await using var cache = await ConnectAsync(proxy, FailureMode.Degrade, log);
        Ambient.Value = "call";
        proxy.Freeze();
        await cache.RemoveAsync(Some.Key(), Token);
        Forget();
        proxy.Thaw();
        await Eventually.True(() => log.Records.Any(static record => record.Event.Id == 53), Soon, "the removal to be replayed");
        Assert.All(Seen(), Assert.Null);
        Assert.NotEmpty(Seen());
    }

    [Fact]
    public async Task Slides_that_follow_reads_leave_no_context_to_later_slides()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var cache = await ConnectAsync(proxy, FailureMode.Throw);
        var key = Some.Key();
        await cache.SetAsync(key, Some.Bytes(), Caches.Sliding(600), Token);
        Ambient.Value = "first";
        var reads = Enumerable.Range(0, 20).Select(_ => cache.GetAsync(key, Token)).ToArray();
        Ambient.Value = null;
        await Task.WhenAll(reads);
        Forget();

        // Whatever is sent from here on is sent by a call without any context.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cache.GetAsync(key, Token)));
        Assert.All(Seen(), Assert.Null);
    }

    private async Task AssertCleanAfterAsync(TcpProxy proxy, RecordingLoggerProvider log)
    {
        Forget();
        proxy.Thaw();
        await Eventually.True(() => log.Records.Any(static record => record.Event.Id == 51), Soon, "the circuit to close");
        Assert.All(Seen(), Assert.Null);
        Assert.NotEmpty(Seen());
    }

    /// <summary>The client library calls the profiler for each command, in the context that sends it.</summary>
    private async Task<RedisExpiringCache> ConnectAsync(TcpProxy proxy, FailureMode mode, RecordingLoggerProvider? log = null)
    {
        var cache = Caches.Connect(
            proxy.ConnectionString,
            options =>
            {
                (options.FailureMode, options.OperationTimeout) = (mode, TimeSpan.FromSeconds(1));
                options.InstanceName = fixture.Server.NewPrefix();
                (options.CircuitBreaker.FailuresBeforeOpening, options.CircuitBreaker.OpenFor) = (2, TimeSpan.FromMilliseconds(100));
                options.ProfilingSession = Observe;
            },
            log);
        await CachedApp.ConnectAsync(cache);
        return cache;
    }

    private ProfilingSession Observe()
    {
        lock (_lock)
            _seen.Add(Ambient.Value);

        return null!;
    }

    private void Forget()
    {
        lock (_lock)
            _seen.Clear();
    }

    private string?[] Seen()
    {
        lock (_lock)
            return [.. _seen];
    }
}
