using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Garnet, with Lua switched on.</summary>
public sealed class GarnetTests(GarnetFixture garnet, RedisFixture redis) : IClassFixture<GarnetFixture>
{
    [Fact]
    public async Task The_data_cache_keeps_its_promises()
    {
        var prefix = $"{Some.Word()}:";
        await using var raw = await ConnectionMultiplexer.ConnectAsync($"{garnet.Host.ConnectionString},abortConnect=false,asyncTimeout=20000");
        await using var cache = Caches.Connect(garnet.Host.ConnectionString, options => options.InstanceName = prefix);
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, raw.GetDatabase(), prefix);
    }

    [Fact]
    public Task The_response_cache_keeps_its_promises() =>
        ResponseStory.TellAsync(redis.Server, new AppSetup { ConnectionString = garnet.Host.ConnectionString });
}
