namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>What the response cache costs besides hits: an eviction, Redis' memory, a miss.</summary>
internal static class CostsCommand
{
    /// <summary>Each response carries as many, so that each eviction meets a tag that has not been evicted yet.</summary>
    private const int Tags = 9;

    private const int UrlsWeighed = 10_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = Settings.Parse(arguments, "--rounds", "--seconds", "--responses", "--markdown");
        using var report = new Report(settings.Markdown);
        report.Line(settings.Manner);
        report.Table("cost", "figure");
        report.Row($"evicting a tag that {settings.Responses:N0} responses carry, ms", await EvictionAsync(settings));
        report.Row("Redis' memory for a response of 1 KiB, B", $"{await MemoryAsync(UrlsWeighed, tags: 0) / UrlsWeighed:0}");
        report.Row($"Redis' memory for {settings.Responses:N0} under one tag, to as many under none", await TagMemoryAsync(settings.Responses));
        await MissAsync(settings, report);
        return 0;
    }

    private static async Task<string> EvictionAsync(Settings settings)
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var server = await WebServer.StartAsync(Candidate.Redis, redis.ConnectionString);
        var path = $"/tags/{Tags}";
        await Filling.RunAsync(server, path, settings.Responses);
        await server.WarmAsync($"{path}/0");
        await server.EvictMillisecondsAsync("another");
        var (times, made) = (new Samples(), (await server.StateAsync()).Made);
        for (var tag = 0; tag < Tags; tag++)
            times.Add(await server.EvictMillisecondsAsync($"tag-{tag}"));

        await server.GetAsync($"{path}/{settings.Responses - 1}");
        return (await server.StateAsync()).Made == made + 1 ? times.WithSpread("0.00") : throw new InvalidOperationException("What has been evicted was served.");
    }

    private static async Task<string> TagMemoryAsync(int responses) => $"{await MemoryAsync(responses, tags: 1) / await MemoryAsync(responses, tags: 0):0.000}";

    /// <returns>By how much Redis' memory grew, in bytes.</returns>
    private static async Task<double> MemoryAsync(int responses, int tags)
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var server = await WebServer.StartAsync(Candidate.Redis, redis.ConnectionString);
        await server.WarmAsync($"/tags/{tags}/{responses}");
        var before = await redis.UsedMemoryAsync();
        await Filling.RunAsync(server, $"/tags/{tags}", responses);

        // Some are still being stored when their clients have them already.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        return await redis.UsedMemoryAsync() - before;
    }

    private static async Task MissAsync(Settings settings, Report report)
    {
        var drive = new Drive("/slow/0", Connections: 4, Script.New("/slow"));
        await using var redis = await RedisProcess.StartAsync();
        await using var bare = await WebServer.StartAsync(Candidate.Bare, redis.ConnectionString);
        await using var ours = await WebServer.StartAsync(Candidate.Redis, redis.ConnectionString);
        await using var near = await WebServer.StartAsync(Candidate.Near, redis.ConnectionString);
        LoadRow[] rows = [new(Candidate.Bare, bare, drive), new(Candidate.Redis, ours, drive), new(Candidate.Near, near, drive)];
        await LoadRow.MeasureAsync(rows, settings);
        report.Table("a miss, the handler taking 5 ms", ["requests/s", "p50 to no cache", .. LoadRow.FigureColumns]);
        foreach (var row in rows)
            report.Row(row.Candidate.Title(), [row.PerSecond.Text(), row.P50Ms.RatioTo(rows[0].P50Ms), .. row.Figures]);
    }
}
