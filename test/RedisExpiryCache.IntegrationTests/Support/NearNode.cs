using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A node with a near cache that includes data, and that hears Redis already.</summary>
internal sealed class NearNode : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private NearNode(RedisExpiringCache cache, RecordingMeters meters, RecordingLoggerProvider log) => (Cache, Metrics, Log) = (cache, meters, log);

    public RedisExpiringCache Cache { get; }

    public RecordingMeters Metrics { get; }

    public RecordingLoggerProvider Log { get; }

    public bool IsOn => Cache.Connection.Feed!.DisabledReason is null;

    public int NearHits => Metrics.Count("data.operations", ("operation", "get"), ("outcome", "hit"), ("level", "near"));

    public static void TurnOn(RedisExpiringCacheOptions options) => (options.NearCache.Enabled, options.NearCache.IncludeData) = (true, true);

    public static async Task<NearNode> StartAsync(string connectionString, string prefix, Action<RedisExpiringCacheOptions>? configure = null)
    {
        var node = Connect(connectionString, prefix, configure);
        await CachedApp.ConnectAsync(node.Cache);
        await node.HearsAsync();
        return node;
    }

    /// <summary>It may hear Redis later.</summary>
    public static NearNode Connect(string connectionString, string prefix, Action<RedisExpiringCacheOptions>? configure = null)
    {
        var (meters, log) = (new RecordingMeters(), new RecordingLoggerProvider());
        var cache = Caches.Connect(connectionString, options =>
        {
            options.InstanceName = prefix;
            TurnOn(options);
            configure?.Invoke(options);
        }, log, meters);
        return new NearNode(cache, meters, log);
    }

    public Task HearsAsync() => Eventually.True(() => IsOn, Deadline, "the near cache to be on");

    public async Task<string?> GetAsync(string key) => await Cache.GetAsync(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public Task SetAsync(string key, string value) => Cache.SetAsync(key, Encoding.UTF8.GetBytes(value), Caches.Relative(1000));

    /// <summary>Reads until the answer is this process's own copy.</summary>
    public async Task<string?> WarmAsync(string key)
    {
        string? value = null;
        await Eventually.True(async () =>
        {
            var before = NearHits;
            value = await GetAsync(key);
            return NearHits > before;
        }, Deadline, $"a near copy of {key}");
        return value;
    }

    /// <summary>Sees this value, or none, before long.</summary>
    public Task SeesAsync(string key, string? value) =>
        Eventually.True(async () => await GetAsync(key) == value, Deadline, $"the node to see '{value}' under {key}");

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        Metrics.Dispose();
        Log.Dispose();
    }
}
