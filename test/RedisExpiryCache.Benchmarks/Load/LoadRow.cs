namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>One server, what is asked of it, and what came of that.</summary>
internal sealed record LoadRow(Candidate Candidate, WebServer Server, Drive Drive)
{
    /// <summary>The columns that <see cref="Figures"/> fill.</summary>
    public static readonly string[] FigureColumns = ["p50, ms", "p99, ms", "allocated, B", "made by the app, %"];

    public Samples PerSecond { get; } = new();

    public Samples P50Ms { get; } = new();

    private Samples P99Ms { get; } = new();

    /// <summary>For each request.</summary>
    private Samples Allocated { get; } = new();

    /// <summary>Of 100 requests, those that the app itself answered.</summary>
    private Samples Made { get; } = new();

    public string[] Figures => [P50Ms.Text("0.00"), P99Ms.Text("0.00"), Allocated.Text(), Made.Text("0.##")];

    /// <summary>All rows are warm before the first is measured; then they take turns.</summary>
    public static async Task MeasureAsync(IReadOnlyList<LoadRow> rows, Settings settings)
    {
        foreach (var row in rows)
        {
            if (row.Candidate != Candidate.Bare)
                await row.Server.WarmAsync(row.Drive.Path);

            await Wrk.RunAsync(row.Server.Address, row.Drive, Math.Min(2, settings.Seconds));
        }

        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var row in rows)
                await row.MeasureAsync(settings.Seconds);
        }
    }

    private async Task MeasureAsync(int seconds)
    {
        // What the row before has left under way is over when this is answered.
        await Server.GetAsync(Drive.Path);
        var before = await Server.StateAsync();
        var result = await Wrk.RunAsync(Server.Address, Drive, seconds);
        var after = await Server.StateAsync();
        PerSecond.Add(result.PerSecond);
        if (result.Requests == 0)
            return;

        P50Ms.Add(result.P50Ms);
        P99Ms.Add(result.P99Ms);
        Made.Add(100 * (after.Made - before.Made) / result.Requests);
        if (!Server.IsProxy)
            Allocated.Add((after.Allocated - before.Allocated) / result.Requests);
    }
}
