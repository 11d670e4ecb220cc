using System.Buffers;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

public sealed class DisposalTests(RedisFixture fixture)
{
    private readonly RedisServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_call_after_disposal_says_so(bool used, bool asynchronously)
    {
        var cache = Caches.Connect(_server.ConnectionString);
        var (key, value) = (Some.Key(), new ReadOnlySequence<byte>(Some.Bytes()));
        if (used)
        {
            await cache.GetAsync(key, Token);
        }

        await DisposeAsync(cache, asynchronously);
        foreach (var call in new Func<Task>[]
        {
            () => cache.GetLifetimeAsync(key, Token).AsTask(),
            () => cache.ExpireAsync(key, Caches.Sliding(1), Token).AsTask(),
            () => cache.RemoveAsync([key, Some.Key()], Token).AsTask(),
            () => cache.RemoveByTagAsync(key, Token).AsTask(),
            () => cache.SetAsync(key, value, Caches.NoExpiry, ["tag"], Token).AsTask(),
        }.Concat(FaceCalls(cache, sync: true, key, value)).Concat(FaceCalls(cache, sync: false, key, value)))
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(call);
        }
    }

    [Fact]
    public async Task Disposing_twice_is_harmless_and_closes_the_connection()
    {
        var name = Some.Word();
        var cache = Caches.Connect($"{_server.ConnectionString},name={name}");
        await cache.GetAsync(Some.Key(), Token);
        Assert.NotEqual(0, await ConnectionsOfAsync(name));

        cache.Dispose();
        await cache.DisposeAsync();
        cache.Dispose();
        await Eventually.True(async () => await ConnectionsOfAsync(name) == 0, Caches.Patience, "the connections to be closed");
    }

    [Fact]
    public async Task A_cache_that_is_disposed_of_while_it_connects_leaves_no_connection_behind()
    {
        var name = Some.Word();
        await using var proxy = TcpProxy.To(_server.Port);
        proxy.Delay = TimeSpan.FromMilliseconds(30);
        var cache = Caches.Connect($"{proxy.ConnectionString},name={name}");
        var pending = cache.GetAsync(Some.Key(), Token);
        await Eventually.True(() => proxy.Accepted > 0, Caches.Patience, "the cache to connect");
        await cache.DisposeAsync();
        await Record.ExceptionAsync(() => pending);

        await Eventually.True(async () => await ConnectionsOfAsync(name) == 0, Caches.Patience, "the connections to be closed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_connection_of_a_factory_belongs_to_the_factory(bool asynchronously)
    {
        await using var own = await ConnectionMultiplexer.ConnectAsync(_server.ConnectionString);
        var calls = 0;
        var cache = Caches.Connect("ignored", options => options.ConnectionMultiplexerFactory = () =>
        {
            calls++;
            return Task.FromResult<IConnectionMultiplexer>(own);
        });
        var (key, value) = (Some.Key(), Some.Bytes());
        await cache.SetAsync(key, value, Caches.Sliding(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        await DisposeAsync(cache, asynchronously);

        Assert.Equal(1, calls);
        Assert.True(own.IsConnected);
        await own.GetDatabase().PingAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task A_factory_that_fails_is_heard_and_asked_again()
    {
        var calls = 0;
        await using var own = await ConnectionMultiplexer.ConnectAsync(_server.ConnectionString);
        await using var cache = Caches.Connect("ignored", options => options.ConnectionMultiplexerFactory = () =>
            ++calls == 1 ? throw new InvalidOperationException("not yet") : Task.FromResult<IConnectionMultiplexer>(own));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync(Some.Key(), Token));
        Assert.Equal("not yet", failure.Message);
        Assert.Null(await cache.GetAsync(Some.Key(), Token));
    }

    [Fact]
    public async Task The_users_options_object_is_left_as_it_was()
    {
        var configuration = new ConfigurationOptions { EndPoints = { _server.ConnectionString }, AsyncTimeout = 1234, AbortOnConnectFail = true };
        await using var cache = Caches.Connect("ignored", options => (options.Configuration, options.ConfigurationOptions) = (null, configuration));
        await cache.GetAsync(Some.Key(), Token);
        Assert.Equal((1234, true), (configuration.AsyncTimeout, configuration.AbortOnConnectFail));
    }

    private static IEnumerable<Func<Task>> FaceCalls(RedisExpiringCache cache, bool sync, string key, ReadOnlySequence<byte> value)
    {
        var face = new Face(cache, sync);
        yield return () => face.GetAsync(key);
        yield return () => face.TryGetAsync(key, new ArrayBufferWriter<byte>());
        yield return () => face.SetAsync(key, Some.Bytes(), Caches.NoExpiry);
        yield return () => face.SetAsync(key, value, Caches.Relative(1));
        yield return () => face.RefreshAsync(key);
        yield return () => face.RemoveAsync(key);
    }

    private static async Task DisposeAsync(RedisExpiringCache cache, bool asynchronously)
    {
        if (asynchronously)
        {
            await cache.DisposeAsync();
        }
        else
        {
            cache.Dispose();
        }
    }

    private async Task<int> ConnectionsOfAsync(string name)
    {
        var clients = await _server.Admin.GetServer("127.0.0.1", _server.Port).ClientListAsync();
        return clients.Count(client => client.Name == name);
    }
}
