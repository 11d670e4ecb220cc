using RedisExpiryCache.BrowserTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

[assembly: AssemblyFixture(typeof(TwoShops))]

namespace RedisExpiryCache.BrowserTests.Support;

/// <summary>Two instances of the Shop that start at once, on one Redis and one database which neither of them has seen before.</summary>
public sealed class TwoShops : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("redis-expiry-cache-shop-").FullName;
    private readonly List<ShopProcess> shops = [];
    private RedisServer? redis;

    public Uri One => shops[0].Address;

    public Uri Two => shops[1].Address;

    public string Folder => folder;

    public string Redis => redis!.ConnectionString;

    public string Output => string.Join(Environment.NewLine, shops.Select(static shop => shop.Output));

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        var starting = new[] { ShopProcess.StartAsync(redis.ConnectionString, folder), ShopProcess.StartAsync(redis.ConnectionString, folder) };
        foreach (var start in starting)
        {
            await ((Task)start).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (start.IsCompletedSuccessfully)
                shops.Add(await start);
        }

        await Task.WhenAll(starting);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var shop in shops)
            await shop.DisposeAsync();

        if (redis is not null)
            await redis.DisposeAsync();

        Directory.Delete(folder, recursive: true);
    }
}
