namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>
/// What a hit costs as there is more of something: one table for each thing that grows, its ratios to the first row. Ours alone, from Redis and from the
/// near cache.
/// </summary>
internal static class GrowthCommand
{
    private static readonly int[] UrlCounts = [10, 1_000, 100_000, 1_000_000];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments, "--rounds", "--seconds", "--candidates", "--markdown");
        using var report = new Report(settings.Markdown);
        report.Line(settings.Manner);
        foreach (var candidate in settings.Candidates.Where(static candidate => candidate is Candidate.Redis or Candidate.Near))
        {
            var title = candidate.Title();
            await MeasureAsync($"{title}: tags of the endpoint", Steps(BenchmarkEndpoints.TagCounts, static tags => new Drive($"/endpoint-tags/{tags}")));
            await MeasureAsync($"{title}: tags that the handler adds", Steps(BenchmarkEndpoints.TagCounts, static tags => new Drive($"/tags/{tags}/0")));
            await MeasureAsync($"{title}: variants", Steps([1, 8, 64], static variants => new Drive($"/variants/{variants}", Script: Script.Variants(variants))));
            await MeasureAsync($"{title}: KiB", Steps([1, 16, 256, 1024, 8 * 1024], static size => new Drive($"/body/{size * 1024}")));
            await MeasureAsync($"{title}: connections", Steps([8, 32, 128, 512], static connections => new Drive("/body/1024", connections)));
            await MeasureAsync($"{title}: URLs", server => UrlsAsync(server, settings));

            Task MeasureAsync(string name, Func<WebServer, Task<Step[]>> steps) => GrowthCommand.MeasureAsync(candidate, name, steps, settings, report);
        }

        return 0;
    }

    private static Func<WebServer, Task<Step[]>> Steps(int[] counts, Func<int, Drive> drive) =>
        _ => Task.FromResult(counts.Select(count => new Step($"{count:N0}", drive(count))).ToArray());

    /// <summary>Those that are asked for at random have been stored before, as many as there is time for.</summary>
    private static async Task<Step[]> UrlsAsync(WebServer server, Settings settings)
    {
        const string path = "/tags/0";
        var stored = await Filling.RunAsync(server, path, UrlCounts[^1], TimeSpan.FromSeconds(30 * settings.Seconds));
        var counts = UrlCounts.Select(count => Math.Min(count, stored)).Distinct();
        return [.. counts.Select(count => new Step($"{count:N0}", new Drive($"{path}/0", Script: Script.AnyOf(path, count))))];
    }

    private static async Task MeasureAsync(Candidate candidate, string name, Func<WebServer, Task<Step[]>> steps, Settings settings, Report report)
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var server = await WebServer.StartAsync(candidate, redis.ConnectionString);
        (string Name, LoadRow Row)[] rows = [.. (await steps(server)).Select(step => (step.Name, new LoadRow(candidate, server, step.Drive)))];
        await LoadRow.MeasureAsync([.. rows.Select(static row => row.Row)], settings);
        report.Table(name, ["requests/s", "ratio", .. LoadRow.FigureColumns]);
        foreach (var (step, row) in rows)
            report.Row(step, [row.PerSecond.Text(), row.PerSecond.RatioTo(rows[0].Row.PerSecond), .. row.Figures]);
    }

    private sealed record Step(string Name, Drive Drive);
}
