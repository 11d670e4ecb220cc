using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>Three processes that read, one that writes, and what goes wrong between them; from the beginning to the end.</summary>
internal static class NearRun
{
    private const int Processes = 3;
    private const string Prefix = "shop:";

    private static readonly TimeSpan BetweenWatched = TimeSpan.FromMilliseconds(8);

    /// <param name="time">How long things go wrong.</param>
    /// <param name="watched">How many changes each process is timed with, before they do.</param>
    public static async Task<NearOutcome> RunAsync(TimeSpan time, int watched)
    {
        await using var server = await RedisServer.StartAsync();
        var path = Path.Combine(server.DataDirectory, "versions");
        using var board = VersionBoard.Open(path, Things.Count);
        await using var app = await NearApp.StartAsync(server.ConnectionString, Prefix, board);
        await using var writer = new NearWriter(server, Prefix, app);
        var processes = new List<NearProcess>();
        try
        {
            for (var i = 0; i < Processes; i++)
                processes.Add(await NearProcess.StartAsync(server, Prefix, path));

            var latencies = new List<NearLatency>();
            foreach (var process in processes)
            {
                // Once more: the first time tells how long the compiler takes.
                await TimeAsync(process, writer, watched);
                latencies.Add(await TimeAsync(process, writer, watched));
            }

            await writer.BeginAsync();
            await Task.WhenAll(processes.Select(static process => process.ReadAsync()));
            var faults = new NearFaults(server, processes);
            await faults.StrikeForAsync(time);

            // The writer goes on: also what is true again is looked at.
            await Task.WhenAll(processes.Select(static process => process.SettleAsync()));
            var reports = await Task.WhenAll(processes.Select(static process => process.ReportAsync()));
            await writer.EndAsync();
            return new NearOutcome(reports, latencies, writer.OwnReads, writer.Acknowledged, writer.Refused, faults.Struck);
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }

    /// <summary>One process looks at one entry all the time, and nothing else happens.</summary>
    private static async Task<NearLatency> TimeAsync(NearProcess process, NearWriter writer, int changes)
    {
        await process.PollAsync();
        for (var i = 0; i < changes; i++)
        {
            await writer.SetAsync(Things.Watched);
            await Task.Delay(BetweenWatched, TimeProvider.System);
        }

        return await process.LatencyAsync();
    }
}
