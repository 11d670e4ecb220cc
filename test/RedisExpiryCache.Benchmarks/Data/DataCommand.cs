using System.Diagnostics;
using StackExchange.Redis;

namespace RedisExpiryCache.Benchmarks.Data;

/// <summary>The data cache beside the client library itself, Microsoft's provider, and what is built on top of either, in this process.</summary>
internal static class DataCommand
{
    private const int InFlight = 64;

    /// <summary>Rows take turns as often as that, each time beginning with another one: the machine's speed changes from second to second.</summary>
    private const int SlicesASecond = 5;

    /// <summary>Before anything counts: on a machine whose cores are all busy the compiler's last tier comes late.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments, "--rounds", "--seconds", "--keys", "--markdown");
        using var report = new Report(settings.Markdown);
        await using var redis = await RedisProcess.StartAsync();
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await using var caches = new DataCaches(redis.ConnectionString);
        report.Line($"{InFlight} calls in flight, {DataCaches.Size} bytes, {settings.Keys:N0} keys in turn; {settings.Manner}");
        foreach (var (name, rows) in await caches.TablesAsync(multiplexer.GetDatabase(), settings.Keys))
            await MeasureAsync(name, [.. rows.Select(static row => new Row(row.Name, row.Call))], settings, report);

        return 0;
    }

    private static async Task MeasureAsync(string name, Row[] rows, Settings settings, Report report)
    {
        foreach (var row in rows)
            await row.RunAsync(WarmUp);

        for (var round = 0; round < settings.Rounds; round++)
        {
            for (var slice = 0; slice < settings.Seconds * SlicesASecond; slice++)
            {
                for (var i = 0; i < rows.Length; i++)
                    await rows[(slice + i) % rows.Length].MeasureAsync(TimeSpan.FromSeconds(1d / SlicesASecond));
            }

            foreach (var row in rows)
                row.EndRound();
        }

        report.Table(name, "calls/s", "ratio", "allocated, B");
        foreach (var row in rows)
            report.Row(row.Name, row.PerSecond.Text(), row.PerSecond.RatioTo(rows[0].PerSecond), row.Allocated.Text());
    }

    private sealed record Row(string Name, Func<int, Task> Call)
    {
        private int turn = -1;
        private (long Calls, double Seconds, long Bytes) round;

        public Samples PerSecond { get; } = new();

        /// <summary>For each call.</summary>
        public Samples Allocated { get; } = new();

        public async Task MeasureAsync(TimeSpan time)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var watch = Stopwatch.StartNew();
            var calls = await RunAsync(time);
            round.Seconds += watch.Elapsed.TotalSeconds;
            round.Calls += calls;
            round.Bytes += GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        public void EndRound()
        {
            PerSecond.Add(round.Calls / round.Seconds);
            Allocated.Add(round.Bytes / (double)round.Calls);
            round = default;
        }

        /// <returns>How many calls were made.</returns>
        public async Task<long> RunAsync(TimeSpan time)
        {
            var watch = Stopwatch.StartNew();
            var counts = await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
            {
                var count = 0L;
                for (; watch.Elapsed < time; count++)
                    await Call(Interlocked.Increment(ref turn) & int.MaxValue);

                return count;
            })));
            return counts.Sum();
        }
    }
}
