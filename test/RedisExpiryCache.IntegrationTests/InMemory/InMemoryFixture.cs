using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Testing;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(InMemoryFixture))]

namespace RedisExpiryCache.IntegrationTests.InMemory;

/// <summary>The server of RedisExpiryCache.Testing in place of Redis, with the real clock: for tests that run on both.</summary>
public sealed class InMemoryFixture : ServerFixture, IAsyncLifetime
{
    private readonly InMemoryRedis _redis = new(TimeProvider.System);
    private Host? _host;

    public override CacheServer Server => _host ?? throw new InvalidOperationException("The fixture was not initialized.");

    public ServerAddress Address => ServerAddress.Of(_redis.ConnectionTo(""));

    public async ValueTask InitializeAsync() => _host = new Host(_redis, await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionTo("")));

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.Raw.Multiplexer.DisposeAsync();

        _redis.Dispose();
    }

    private sealed class Host(InMemoryRedis redis, ConnectionMultiplexer raw) : CacheServer
    {
        public override bool IsRunning => true;

        public override IDatabase Raw => raw.GetDatabase();

        public override Task<string[]> KeysAsync(string prefix) => Task.FromResult(redis.KeysOf("", prefix));

        public override string? ConnectionString => null;

        public override ConfigurationOptions? Connection => redis.ConnectionTo("");
    }
}
