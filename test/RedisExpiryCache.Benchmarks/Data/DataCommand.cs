using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RedisExpiryCache.Benchmarks.Data;

/// <summary>The data cache beside the client library itself and Microsoft's provider, 64 calls in flight, in this process.</summary>
internal static class DataCommand
{
    private const int InFlight = 64;
    private const int Size = 1024;

    /// <summary>What piles up behind reads is to be seen in their number, not as an exception.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly DistributedCacheEntryOptions Absolute = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromHours(1) };

    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments, "--rounds", "--seconds", "--markdown");
        using var report = new Report(settings.Markdown);
        await using var redis = await RedisProcess.StartAsync();
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await using var ours = new RedisExpiringCache(Options.Create(new RedisExpiringCacheOptions { Configuration = redis.ConnectionString, InstanceName = "ours:", OperationTimeout = Patience }));
        await using var near = new RedisExpiringCache(Options.Create(NearOptions(redis.ConnectionString)));
        using var microsofts = new RedisCache(Options.Create(new RedisCacheOptions { Configuration = redis.ConnectionString, InstanceName = "microsoft:" }));
        report.Line($"{Environment.ProcessorCount} cores, {InFlight} calls in flight, {Size} bytes, {settings.Rounds} rounds of {settings.Seconds} s; ratios to the first row of each table, round by round.");
        foreach (var (name, rows) in await TablesAsync(multiplexer.GetDatabase(), ours, near, microsofts))
            await MeasureAsync(name, rows, settings, report);

        return 0;
    }

    private static RedisExpiringCacheOptions NearOptions(string connection)
    {
        var options = new RedisExpiringCacheOptions { Configuration = connection, InstanceName = "near:", OperationTimeout = Patience };
        (options.NearCache.Enabled, options.NearCache.IncludeData) = (true, true);
        return options;
    }

    private static async Task<(string Name, Row[] Rows)[]> TablesAsync(IDatabase raw, RedisExpiringCache ours, RedisExpiringCache near, RedisCache microsofts)
    {
        var value = new byte[Size];
        await raw.StringSetAsync("key", value, TimeSpan.FromHours(1));
        foreach (var cache in new IDistributedCache[] { ours, near, microsofts })
        {
            await cache.SetAsync("absolute", value, Absolute);
            await cache.SetAsync("sliding", value, Sliding);
        }

        return
        [
            ("Get", [
                new Row("StringGetAsync", () => raw.StringGetAsync("key")),
                new Row("ours", () => ours.GetAsync("absolute")),
                new Row("ours, sliding", () => ours.GetAsync("sliding")),
                new Row("ours, near", () => near.GetAsync("absolute")),
                new Row("Microsoft's", () => microsofts.GetAsync("absolute")),
                new Row("Microsoft's, sliding", () => microsofts.GetAsync("sliding")),
            ]),
            ("TryGet", [
                new Row("StringGetLeaseAsync", async () => (await raw.StringGetLeaseAsync("key"))!.Dispose()),
                new Row("ours", () => TryGetAsync(ours, "absolute")),
                new Row("ours, sliding", () => TryGetAsync(ours, "sliding")),
                new Row("ours, near", () => TryGetAsync(near, "absolute")),
                new Row("Microsoft's", () => TryGetAsync(microsofts, "absolute")),
                new Row("Microsoft's, sliding", () => TryGetAsync(microsofts, "sliding")),
            ]),
            ("Set", [
                new Row("StringSetAsync", () => raw.StringSetAsync("key", value, TimeSpan.FromHours(1))),
                new Row("ours", () => ours.SetAsync("absolute", value, Absolute)),
                new Row("Microsoft's", () => microsofts.SetAsync("absolute", value, Absolute)),
            ]),
            ("Refresh", [
                new Row("KeyExpireAsync", () => raw.KeyExpireAsync("key", TimeSpan.FromHours(1))),
                new Row("ours", () => ours.RefreshAsync("sliding")),
                new Row("Microsoft's", () => microsofts.RefreshAsync("sliding")),
            ]),
        ];
    }

    private static async Task TryGetAsync(IBufferDistributedCache cache, string key)
    {
        var buffer = Buffers.Value ??= new ArrayBufferWriter<byte>(Size);
        Buffers.Value = null;
        buffer.ResetWrittenCount();
        await cache.TryGetAsync(key, buffer);
        Buffers.Value = buffer;
    }

    private static readonly ThreadLocal<ArrayBufferWriter<byte>?> Buffers = new();

    private static async Task MeasureAsync(string name, Row[] rows, Settings settings, Report report)
    {
        foreach (var row in rows)
            await row.RunAsync(TimeSpan.FromSeconds(1));

        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var row in rows)
                await row.MeasureAsync(TimeSpan.FromSeconds(settings.Seconds));
        }

        report.Table(name, "calls/s", "ratio", "allocated, B");
        foreach (var row in rows)
            report.Row(row.Name, row.PerSecond.Text(), row.PerSecond.RatioTo(rows[0].PerSecond), row.Allocated.Text());
    }

    private sealed record Row(string Name, Func<Task> Call)
    {
        public Samples PerSecond { get; } = new();

        /// <summary>For each call.</summary>
        public Samples Allocated { get; } = new();

        public async Task MeasureAsync(TimeSpan time)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var watch = Stopwatch.StartNew();
            var calls = await RunAsync(time);
            PerSecond.Add(calls / watch.Elapsed.TotalSeconds);
            Allocated.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls);
        }

        /// <returns>How many calls were made.</returns>
        public async Task<long> RunAsync(TimeSpan time)
        {
            var watch = Stopwatch.StartNew();
            var counts = await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
            {
                var count = 0L;
                for (; watch.Elapsed < time; count++)
                    await Call();

                return count;
            })));
            return counts.Sum();
        }
    }
}
