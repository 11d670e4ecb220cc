using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>What goes over the network, and how an eviction and a store that overlap end.</summary>
public sealed class OutputCacheCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private RedisServer? _server;
    private ServiceProvider? _services;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    private IOutputCacheStore Store => _services!.GetRequiredService<IOutputCacheStore>();

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _services = NewNode(Server.ConnectionString);
        await CachedApp.ConnectAsync(_services.GetRequiredService<IRedisExpiringCache>());
    }

    public async ValueTask DisposeAsync()
    {
        await _services!.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task A_write_is_one_set_with_its_expiry_and_an_eviction_one_del()
    {
        // The script is loaded by its first use.
        await Store.SetAsync("before", Some.Bytes(), ["before"], Long, Token);
        await using var log = await Server.MonitorAsync();
        await Store.SetAsync("untagged", Some.Bytes(), null, Long, Token);
        await Store.SetAsync("tagged", Some.Bytes(), ["a"], Long, Token);
        await Store.EvictByTagAsync("a", Token);
        await log.CatchUpAsync();

        var lines = log.ClientLines.Where(static line => line.Words.Any(static word => word.StartsWith("shop:", StringComparison.Ordinal))).ToArray();
        Assert.Equal(["SET", "EVALSHA", "SET", "DEL"], lines.Select(static line => line.Command));
        Assert.Equal(["shop:output:untagged", "PX", "600000"], [lines[0].Words[1], .. lines[0].Words.TakeLast(2)]);
        Assert.Equal(["shop:tag:output:a"], lines[3].Words.Skip(1));
    }

    [Fact]
    public async Task A_hit_costs_one_GET_and_one_MGET_for_all_its_tags()
    {
        await Store.SetAsync("tagged", Some.Bytes(), ["a", "b"], Long, Token);
        Assert.NotNull(await Store.GetAsync("tagged", Token));
        await Server.ResetCommandCountsAsync();
        Assert.NotNull(await Store.GetAsync("tagged", Token));
        Assert.Equal((1, 1), (await Server.CommandCountAsync("get"), await Server.CommandCountAsync("mget")));
    }

    [Fact]
    public async Task A_write_that_read_its_tags_before_an_eviction_and_arrives_after_it_is_not_served()
    {
        await using var proxy = TcpProxy.To(Server.Port);
        await using var slow = NewNode(proxy.ConnectionString);
        var store = slow.GetRequiredService<IOutputCacheStore>();
        await CachedApp.ConnectAsync(slow.GetRequiredService<IRedisExpiringCache>());
        await store.SetAsync("before", Some.Bytes(), ["before"], Long, Token);

        await using var log = await Server.MonitorAsync();
        proxy.Delay = TimeSpan.FromMilliseconds(600);
        var storing = store.SetAsync("key", Some.Bytes(), ["a"], Long, Token).AsTask();
        await log.WaitForAsync(static line => line.Command == "EVALSHA", Caches.Patience);
        await Store.EvictByTagAsync("a", Token);
        Assert.DoesNotContain(log.Lines, static line => line.Command == "SET" && line.Words[1] == "shop:output:key");
        await storing;

        Assert.True(await Server.Raw.KeyExistsAsync("shop:output:key"));
        Assert.Null(await Store.GetAsync("key", Token));
        Assert.Null(await store.GetAsync("key", Token));
    }

    private static ServiceProvider NewNode(string connectionString) => new ServiceCollection()
        .AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (connectionString, "shop:");
            (options.OperationTimeout, options.UseAsOutputCacheStore) = (Caches.Patience, true);
        })
        .BuildServiceProvider();
}
