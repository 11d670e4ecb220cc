using RedisExpiryCache.IntegrationTests.Support;

[assembly: AssemblyFixture(typeof(RedisFixture))]

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// One server for all tests that do not break it and do not count its commands; those start a <see cref="RedisServer"/> of their own.
/// </summary>
public sealed class RedisFixture : ServerFixture, IAsyncLifetime
{
    private RedisServer? _server;

    public override RedisServer Server => _server ?? throw new InvalidOperationException("The fixture was not initialized.");

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
