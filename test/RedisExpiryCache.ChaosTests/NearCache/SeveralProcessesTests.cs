namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>The near caches of several processes, while things change and break all the time; <c>test/chaos.sh --near</c> is the same for longer.</summary>
public sealed class SeveralProcessesTests
{
    [Fact]
    public async Task No_process_reads_what_has_been_out_of_date_for_longer_than_a_second()
    {
        var outcome = await NearRun.RunAsync(TimeSpan.FromSeconds(7), watched: 50);
        foreach (var line in outcome.Lines)
            TestContext.Current.SendDiagnosticMessage(line);

        Assert.Empty(outcome.FirstViolations);
        Assert.Equal(0, outcome.Violations);
        Assert.True(outcome.Struck.Values.Sum() > 3 && outcome.Acknowledged > 50, "Nothing happened.");
        Assert.All(outcome.Reports, static report => Assert.True(report is { Reads: > 500, NearHits: > 250 }, $"{report}"));
        Assert.True(outcome.NearHits > outcome.Reads / 2, string.Join(Environment.NewLine, outcome.Lines));
        Assert.All(outcome.Latencies, static latency => Assert.True(latency is { Count: > 25, MedianMs: < 100 }, $"{latency}"));
    }
}
