using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Redis is not there, dies, or says nothing: every call ends in time and says why, and the cache comes back by itself.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly TimeSpan OperationTimeout = TimeSpan.FromSeconds(2);

    // Of the machine, not of the cache: a busy one may take that long to run what is due. Who waited twice would still be late.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string _key = Some.Key();
    private readonly byte[] _value = Some.Bytes();
    private RedisServer? _server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    public static TheoryData<bool> Faces => [false, true];

    [Fact]
    public async Task An_app_starts_without_redis_and_uses_it_once_it_is_there()
    {
        await Server.KillAsync();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddRedisExpiringCache(Server.ConnectionString);
        await using var app = builder.Build();
        await app.StartAsync(Token);

        var cache = app.Services.GetRequiredService<IDistributedCache>();
        await AssertThrowsInTimeAsync<RedisConnectionException>(() => cache.GetAsync(_key, Token));
        await AssertThrowsInTimeAsync<RedisConnectionException>(() => cache.SetAsync(_key, _value, Caches.Relative(60), Token));

        await Server.RestartAsync();
        await Eventually.True(() => WorksAsync(cache), Soon, "the cache to come into use");
    }

    [Theory]
    [MemberData(nameof(Faces))]
    public async Task Where_nothing_listens_the_first_call_says_so_in_time(bool sync)
    {
        await Server.KillAsync();
        await using var cache = Connect(Server.ConnectionString);
        foreach (var call in CallsOf(cache, sync))
        {
            await AssertThrowsInTimeAsync<RedisConnectionException>(call);
        }
    }

    [Theory]
    [MemberData(nameof(Faces))]
    public async Task Where_redis_accepts_but_never_answers_the_first_call_says_so_in_time(bool sync)
    {
        await using var proxy = TcpProxy.To(Server.Port);
        proxy.Freeze();
        await using var cache = Connect(proxy.ConnectionString);
        for (var i = 0; i < 3; i++)
        {
            await AssertThrowsInTimeAsync<RedisConnectionException>(() => new Face(cache, sync).GetAsync(_key));
        }

        proxy.Thaw();
        await Eventually.True(() => WorksAsync(cache), Soon, "the cache to come into use");
    }

    [Theory]
    [MemberData(nameof(Faces))]
    public async Task A_redis_that_dies_later_fails_every_call_in_time_and_is_used_again_when_it_is_back(bool sync)
    {
        await using var cache = Connect(Server.ConnectionString);
        Assert.True(await WorksAsync(cache));
        await Server.KillAsync();
        foreach (var call in CallsOf(cache, sync))
        {
            await AssertThrowsInTimeAsync<RedisConnectionException>(call);
        }

        await Server.RestartAsync();
        await Eventually.True(() => WorksAsync(cache), Soon, "the cache to be in use again");
    }

    [Theory]
    [MemberData(nameof(Faces))]
    public async Task A_redis_that_hangs_fails_every_call_in_time_and_is_used_again_when_it_answers(bool sync)
    {
        // Who begins late, on a busy machine, is not to find the circuit open. And threads of the pool are not there to be blocked: other tests need them.
        await using var cache = Connect(Server.ConnectionString, static options => options.CircuitBreaker.FailuresBeforeOpening = 1_000);
        Assert.True(await WorksAsync(cache));
        Server.Freeze();
        var calls = CallsOf(cache, sync).Select(call => Task.Factory.StartNew(
            () => AssertThrowsInTimeAsync<RedisTimeoutException>(call), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
        await Task.WhenAll(calls);

        Server.Thaw();
        await Eventually.True(() => WorksAsync(cache), Soon, "the cache to be in use again");
    }

    [Fact]
    public async Task Several_slow_round_trips_share_the_time_of_one_call()
    {
        await using var proxy = TcpProxy.To(Server.Port);
        await using var cache = Connect(proxy.ConnectionString);
        Assert.True(await WorksAsync(cache));
        proxy.Delay = 0.35 * OperationTimeout;
        await AssertThrowsInTimeAsync<RedisTimeoutException>(
            () => cache.SetAsync(_key, new ReadOnlySequence<byte>(_value), Caches.Relative(60), ["tag"], Token).AsTask());
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go_at_once()
    {
        await using var cache = Caches.Connect(Server.ConnectionString);
        Assert.True(await WorksAsync(cache));
        Server.Freeze();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetAsync(_key, patience.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.SetAsync(_key, _value, Caches.Sliding(1), patience.Token));
        Assert.True(watch.Elapsed < Caches.Patience / 2, $"{watch.Elapsed}");
        Server.Thaw();
        Assert.True(await WorksAsync(cache));
    }

    [Fact]
    public async Task A_connection_factory_that_fails_slowly_is_heard_by_the_next_call()
    {
        await using var cache = new RedisExpiringCache(Microsoft.Extensions.Options.Options.Create(new RedisExpiringCacheOptions
        {
            OperationTimeout = TimeSpan.FromMilliseconds(100),
            ConnectionMultiplexerFactory = async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
                throw new InvalidOperationException("the token could not be fetched");
            },
        }));

        await Eventually.True(
            async () => (await Record.ExceptionAsync(() => cache.GetAsync(_key, Token)))?.ToString().Contains("the token could not be fetched", StringComparison.Ordinal) is true,
            Soon,
            "the reason to be said");
    }

    [Fact]
    public async Task What_redis_refuses_is_thrown_in_its_own_words()
    {
        await using var cache = Connect(Server.ConnectionString);
        Assert.True(await WorksAsync(cache));
        await Server.Raw.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        var refused = await Assert.ThrowsAsync<RedisServerException>(() => cache.SetAsync(_key, _value, Caches.Relative(60), Token));
        Assert.StartsWith("OOM", refused.Message, StringComparison.Ordinal);
        await cache.RemoveAsync(_key, Token);
        Assert.Null(await cache.GetAsync(_key, Token));
    }

    [Fact]
    public async Task No_failure_tells_the_password()
    {
        const string Password = "s3cr3t";
        await using var locked = await RedisServer.StartAsync("--requirepass", "another");
        using var log = new RecordingLoggerProvider();
        await using var cache = Caches.Connect(
            $"{locked.ConnectionString},password={Password}", options => options.OperationTimeout = OperationTimeout, log);
        var failure = await Assert.ThrowsAnyAsync<RedisException>(() => cache.GetAsync(_key, Token));
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
        Assert.All(log.Records, record => Assert.DoesNotContain(Password, $"{record.Message} {record.Exception}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("script flush")]
    [InlineData("resetstat")]
    [InlineData("restart")]
    [InlineData("cut")]
    public async Task Sliding_goes_on_whatever_the_server_went_through(string what)
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        await using var proxy = TcpProxy.To(server.Port);
        await using var cache = Connect(proxy.ConnectionString);
        await cache.SetAsync(_key, _value, Caches.Both(1_000, 5_000), Token);
        await AssertSlidesAsync(server, cache);

        await (what switch
        {
            "script flush" => server.Raw.ExecuteAsync("SCRIPT", "FLUSH"),
            "resetstat" => server.ResetCommandCountsAsync(),
            "restart" => server.RestartAsync(),
            _ => Task.Run(proxy.Cut, Token),
        });
        await Eventually.True(() => WorksAsync(cache), Soon, "the cache to be in use again");
        await AssertSlidesAsync(server, cache);
    }

    private async Task AssertSlidesAsync(RedisServer server, RedisExpiringCache cache)
    {
        foreach (var sync in new[] { false, true })
        {
            foreach (var read in new Func<Face, Task>[] { face => face.GetAsync(_key), face => face.RefreshAsync(_key) })
            {
                await server.Raw.KeyExpireAsync(_key, TimeSpan.FromSeconds(20));
                await read(new Face(cache, sync));
                await Eventually.True(async () => await server.TimeToLiveAsync(_key) > TimeSpan.FromSeconds(900), Soon, "the slide");
            }
        }
    }

    private static RedisExpiringCache Connect(string connectionString, Action<RedisExpiringCacheOptions>? also = null) => Caches.Connect(connectionString, options =>
    {
        options.OperationTimeout = OperationTimeout;
        also?.Invoke(options);
    });

    private Func<Task>[] CallsOf(RedisExpiringCache cache, bool sync)
    {
        var face = new Face(cache, sync);
        return
        [
            () => face.GetAsync(_key),
            () => face.TryGetAsync(_key, new ArrayBufferWriter<byte>()),
            () => face.SetAsync(_key, _value, Caches.Sliding(60)),
            () => face.SetAsync(_key, _value, Caches.Both(10, 60)),
            () => face.RefreshAsync(_key),
            () => face.RemoveAsync(_key),
            () => cache.RemoveAsync([_key, "other"], Token).AsTask(),
            () => cache.SetAsync(_key, new ReadOnlySequence<byte>(_value), Caches.Relative(60), ["a", "b"], Token).AsTask(),
            () => cache.RemoveByTagAsync("tag", Token).AsTask(),
            () => cache.GetLifetimeAsync(_key, Token).AsTask(),
            () => cache.ExpireAsync(_key, Caches.Relative(60), Token).AsTask(),
        ];
    }

    private async Task<bool> WorksAsync(IDistributedCache cache)
    {
        try
        {
            await cache.SetAsync(_key + "-works", _value, Caches.Both(30, 60), Token);
            return await cache.GetAsync(_key + "-works", Token) is not null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private static async Task AssertThrowsInTimeAsync<TException>(Func<Task> call) where TException : Exception
    {
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<TException>(call);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, OperationTimeout + Slack);
    }
}
