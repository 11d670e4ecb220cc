using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace RedisExpiryCache.Benchmarks.Data;

/// <summary>What is compared, and the calls that are.</summary>
internal sealed class DataCaches(string connection) : IAsyncDisposable
{
    /// <summary>Of each value, in bytes.</summary>
    public const int Size = 1024;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>What piles up behind reads is to be seen in their number, not as an exception.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly byte[] Value = new byte[Size];
    private static readonly DistributedCacheEntryOptions Absolute = new() { AbsoluteExpirationRelativeToNow = Lifetime };
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = Lifetime };
    private static readonly ThreadLocal<ArrayBufferWriter<byte>?> Buffers = new();

    private readonly RedisExpiringCache ours = new(Options.Create(OurOptions(connection, "ours:")));
    private readonly RedisExpiringCache near = new(Options.Create(NearOptions(connection)));
    private readonly RedisCache microsofts = new(Options.Create(new RedisCacheOptions { Configuration = connection, InstanceName = "microsoft:" }));
    private readonly List<IAsyncDisposable> built = [];

    /// <summary>A call is told its turn, by which it picks its key.</summary>
    public async Task<(string Name, (string Name, Func<int, Task> Call)[] Rows)[]> TablesAsync(IDatabase raw, int keyCount)
    {
        var (absolute, sliding) = (Keys("absolute"), Keys("sliding"));
        foreach (var key in absolute)
            await raw.StringSetAsync(key, Value, Lifetime);

        foreach (var cache in new IDistributedCache[] { ours, near, microsofts })
        {
            await Task.WhenAll(absolute.Select(key => cache.SetAsync(key, Value, Absolute)));
            await Task.WhenAll(sliding.Select(key => cache.SetAsync(key, Value, Sliding)));
        }

        return
        [
            ("Get", [
                ("StringGetAsync", turn => raw.StringGetAsync(Of(absolute, turn))),
                ("ours", turn => ours.GetAsync(Of(absolute, turn))),
                ("ours, sliding", turn => ours.GetAsync(Of(sliding, turn))),
                ("ours, near", turn => near.GetAsync(Of(absolute, turn))),
                ("Microsoft's", turn => microsofts.GetAsync(Of(absolute, turn))),
                ("Microsoft's, sliding", turn => microsofts.GetAsync(Of(sliding, turn))),
                ("HybridCache over ours", await HybridAsync(ours, Keys("hybrid"))),
                ("HybridCache over Microsoft's", await HybridAsync(microsofts, Keys("hybrid"))),
                ("FusionCache over ours", await FusionAsync(ours, Keys("fusion"))),
                ("FusionCache over Microsoft's", await FusionAsync(microsofts, Keys("fusion"))),
            ]),
            ("TryGet", [
                ("StringGetLeaseAsync", async turn => (await raw.StringGetLeaseAsync(Of(absolute, turn)))!.Dispose()),
                ("ours", turn => TryGetAsync(ours, Of(absolute, turn))),
                ("ours, sliding", turn => TryGetAsync(ours, Of(sliding, turn))),
                ("ours, near", turn => TryGetAsync(near, Of(absolute, turn))),
                ("Microsoft's", turn => TryGetAsync(microsofts, Of(absolute, turn))),
                ("Microsoft's, sliding", turn => TryGetAsync(microsofts, Of(sliding, turn))),
            ]),
            ("Set", [
                ("StringSetAsync", turn => raw.StringSetAsync(Of(absolute, turn), Value, Lifetime)),
                ("ours", turn => ours.SetAsync(Of(absolute, turn), Value, Absolute)),
                ("Microsoft's", turn => microsofts.SetAsync(Of(absolute, turn), Value, Absolute)),
            ]),
            ("Refresh", [
                ("KeyExpireAsync", turn => raw.KeyExpireAsync(Of(absolute, turn), Lifetime)),
                ("ours", turn => ours.RefreshAsync(Of(sliding, turn))),
                ("Microsoft's", turn => microsofts.RefreshAsync(Of(sliding, turn))),
            ]),
        ];

        string[] Keys(string name) => [.. Enumerable.Range(0, keyCount).Select(number => $"{name}:{number}")];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in built)
            await one.DisposeAsync();

        await ours.DisposeAsync();
        await near.DisposeAsync();
        microsofts.Dispose();
    }

    private static RedisExpiringCacheOptions OurOptions(string connection, string name) =>
        new() { Configuration = connection, InstanceName = name, OperationTimeout = Patience };

    private static RedisExpiringCacheOptions NearOptions(string connection)
    {
        var options = OurOptions(connection, "near:");
        (options.NearCache.Enabled, options.NearCache.IncludeData) = (true, true);
        return options;
    }

    private static string Of(string[] keys, int turn) => keys[turn % keys.Length];

    private static async Task TryGetAsync(IBufferDistributedCache cache, string key)
    {
        var buffer = Buffers.Value ??= new ArrayBufferWriter<byte>(Size);
        Buffers.Value = null;
        buffer.ResetWrittenCount();
        await cache.TryGetAsync(key, buffer);
        Buffers.Value = buffer;
    }

    /// <summary>
    /// Without the copies in its own memory: what it adds to the cache below it. Calls in flight for the same key share one read, so that its figure for a
    /// single key says little; see <c>--keys</c>.
    /// </summary>
    private async Task<Func<int, Task>> HybridAsync(IDistributedCache below, string[] keys)
    {
        var services = new ServiceCollection().AddSingleton(below);
        services.AddHybridCache();
        var provider = services.BuildServiceProvider();
        built.Add(provider);
        var cache = provider.GetRequiredService<HybridCache>();
        var options = new HybridCacheEntryOptions { Expiration = Lifetime, Flags = HybridCacheEntryFlags.DisableLocalCache };
        await Task.WhenAll(keys.Select(key => cache.SetAsync(key, Value, options).AsTask()));
        return turn => cache.GetOrCreateAsync<byte[]>(Of(keys, turn), static _ => throw new InvalidOperationException("It is not stored."), options).AsTask();
    }

    /// <summary>Without the copies in its own memory, too.</summary>
    private static async Task<Func<int, Task>> FusionAsync(IDistributedCache below, string[] keys)
    {
        var cache = new FusionCache(new FusionCacheOptions());
        cache.SetupDistributedCache(below, new FusionCacheSystemTextJsonSerializer());
        var options = new FusionCacheEntryOptions(Lifetime) { SkipMemoryCacheRead = true, SkipMemoryCacheWrite = true };
        await Task.WhenAll(keys.Select(key => cache.SetAsync(key, Value, options).AsTask()));
        return async turn =>
        {
            if (!(await cache.TryGetAsync<byte[]>(Of(keys, turn), options)).HasValue)
                throw new InvalidOperationException("It is not stored.");
        };
    }
}
