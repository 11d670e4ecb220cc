using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>A cache, and a connection beside it that sees what Redis sees. What every server and layout has to do is in its heirs.</summary>
public abstract class DataCacheContract(ServerAddress server, EntryFormat format, bool near) : IAsyncLifetime
{
    private readonly string _instance = $"{Some.Word()}:";
    private ConnectionMultiplexer? _raw;
    private RedisExpiringCache? _cache;

    /// <summary>Lower bounds on a time to live allow for this much between the write and the question.</summary>
    protected static TimeSpan Moment { get; } = TimeSpan.FromSeconds(10);

    protected RedisExpiringCache Cache => _cache!;

    protected IDatabase Raw => _raw!.GetDatabase();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _raw = await ConnectionMultiplexer.ConnectAsync(server.Raw());
        _cache = Caches.Connect(connectionString: null, options =>
        {
            server.ApplyTo(options);
            (options.EntryFormat, options.InstanceName) = (format, _instance);
            (options.NearCache.Enabled, options.NearCache.IncludeData) = (near, near);
        });
        if (near)
        {
            await CachedApp.ConnectAsync(_cache);
            await Eventually.True(() => _cache.Connection.Feed!.DisabledReason is null, NearNode.Deadline, "the near cache to be on");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        await _raw!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal Face FaceOf(bool sync) => new(Cache, sync);

    protected string FullKey(string key) => _instance + key;

    protected Task<TimeSpan?> TimeToLiveAsync(string key) => Raw.KeyTimeToLiveAsync(FullKey(key));

    /// <summary>As if most of the entry's time had gone by.</summary>
    protected async Task AgeAsync(string key, double secondsLeft = 5) =>
        Assert.True(await Raw.KeyExpireAsync(FullKey(key), TimeSpan.FromSeconds(secondsLeft)));

    protected async Task AssertLivesAsync(string key, double seconds)
    {
        var whole = TimeSpan.FromSeconds(seconds);
        Assert.InRange((await TimeToLiveAsync(key))!.Value, whole > Moment ? whole - Moment : TimeSpan.Zero, whole);
    }
}
