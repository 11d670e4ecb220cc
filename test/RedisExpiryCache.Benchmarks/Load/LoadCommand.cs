using System.Globalization;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>Hits of the response cache beside those of its peers: one table for each size of the body.</summary>
internal static class LoadCommand
{
    private const int Connections = 32;
    private static readonly int[] Sizes = [1024, 16 * 1024, 256 * 1024];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments);
        await using var redis = await RedisProcess.StartAsync();
        Console.WriteLine($"{Environment.ProcessorCount} cores, {Connections} connections, {settings.Rounds} rounds of {settings.Seconds} s; ratios are medians of those round by round, in brackets the lowest and the highest.");
        foreach (var size in Sizes)
            await MeasureAsync(redis.ConnectionString, size, settings);

        return 0;
    }

    private static async Task MeasureAsync(string redis, int size, Settings settings)
    {
        var rows = new List<Row>();
        try
        {
            foreach (var candidate in Enum.GetValues<Candidate>())
                rows.Add(new Row(candidate, await AppProcess.StartAsync(candidate, redis)));

            foreach (var row in rows)
                await Wrk.RunAsync(row.Url(size), Connections, Math.Min(2, settings.Seconds));

            for (var round = 0; round < settings.Rounds; round++)
            {
                foreach (var row in rows)
                    await row.MeasureAsync(size, settings.Seconds);
            }

            Print(rows, size);
        }
        finally
        {
            foreach (var row in rows)
                await row.App.DisposeAsync();
        }
    }

    private static void Print(List<Row> rows, int size)
    {
        Row Of(Candidate candidate) => rows.Find(row => row.Candidate == candidate)!;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n| {size / 1024} KiB | requests/s | to bare | to ResponseCaching | allocated, B |\n|---|---|---|---|---|"));
        foreach (var row in rows)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Candidate} | {row.PerSecond.Median:0} | {row.PerSecond.RatioTo(Of(Candidate.Bare).PerSecond)} | {row.PerSecond.RatioTo(Of(Candidate.ResponseCaching).PerSecond)} | {row.Allocated.Median:0} |"));
        }
    }

    private sealed record Row(Candidate Candidate, AppProcess App)
    {
        public Samples PerSecond { get; } = new();

        /// <summary>For each request.</summary>
        public Samples Allocated { get; } = new();

        public Uri Url(int size) => new(App.Address, $"/body/{size}");

        public async Task MeasureAsync(int size, int seconds)
        {
            var before = await App.AllocatedAsync();
            var result = await Wrk.RunAsync(Url(size), Connections, seconds);
            PerSecond.Add(result.PerSecond);
            Allocated.Add((await App.AllocatedAsync() - before) / result.Requests);
        }
    }
}
