namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>Hits of the response cache beside those of its peers: one table for each size of the body.</summary>
internal static class LoadCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments, "--rounds", "--seconds", "--candidates", "--sizes", "--markdown", "--svg");
        using var report = new Report(settings.Markdown);
        await using var redis = await RedisProcess.StartAsync();
        report.Line(settings.Manner);
        var missing = settings.Candidates.Where(static candidate => Proxies.Includes(candidate) && Proxies.Find(candidate) is null).ToArray();
        foreach (var candidate in missing)
            report.Line($"{candidate} is left out: there is no {Proxies.NameOf(candidate)} on this machine.");

        var groups = new List<BarGroup>();
        foreach (var size in settings.Sizes)
            groups.Add(await MeasureAsync(redis.ConnectionString, [.. settings.Candidates.Except(missing)], size, settings, report));

        if (settings.Svg is not null)
            await File.WriteAllTextAsync(settings.Svg, BarChart.Svg($"Requests per second, to those with {settings.Candidates[0].Title()}", groups));

        return 0;
    }

    private static async Task<BarGroup> MeasureAsync(string redis, Candidate[] candidates, int size, Settings settings, Report report)
    {
        var rows = new List<LoadRow>();
        try
        {
            foreach (var candidate in candidates)
                rows.Add(new LoadRow(candidate, await WebServer.StartAsync(candidate, redis), new Drive($"/body/{size * 1024}")));

            await LoadRow.MeasureAsync(rows, settings);
            Print(rows, size, report);
            return new BarGroup($"{size} KiB", [.. rows.Select(row => BarOf(row, rows[0]))]);
        }
        finally
        {
            foreach (var row in rows)
                await row.Server.DisposeAsync();
        }
    }

    private static Bar BarOf(LoadRow row, LoadRow first) =>
        new(row.Candidate.Title(), row.PerSecond.RatiosTo(first.PerSecond).Median, IsOurs: row.Candidate is Candidate.Redis or Candidate.Near);

    private static void Print(List<LoadRow> rows, int size, Report report)
    {
        report.Table($"{size} KiB", ["requests/s", "to no cache", "to ResponseCaching", .. LoadRow.FigureColumns]);
        var (bare, memory) = (Of(Candidate.Bare), Of(Candidate.ResponseCaching));
        foreach (var row in rows)
            report.Row(row.Candidate.Title(), [row.PerSecond.Text(), row.PerSecond.RatioTo(bare), row.PerSecond.RatioTo(memory), .. row.Figures]);

        Samples? Of(Candidate candidate) => rows.Find(row => row.Candidate == candidate)?.PerSecond;
    }
}
