namespace RedisExpiryCache.ChaosTests.NearCache;

/// <param name="Reports">Of each process.</param>
/// <param name="Latencies">Of each process, before anything went wrong.</param>
/// <param name="OwnReads">Of the writer, right after its own changes.</param>
/// <param name="Acknowledged">Changes that returned.</param>
/// <param name="Refused">Changes that threw.</param>
/// <param name="Struck">What went wrong, and how often.</param>
internal sealed record NearOutcome(
    IReadOnlyList<NearReport> Reports,
    IReadOnlyList<NearLatency> Latencies,
    NearReport OwnReads,
    long Acknowledged,
    long Refused,
    IReadOnlyDictionary<NearFault, int> Struck)
{
    public long Reads => Reports.Sum(static report => report.Reads);

    public long NearHits => Reports.Sum(static report => report.NearHits);

    public long Failures => Reports.Sum(static report => report.Failures);

    public long Violations => OwnReads.Violations + Reports.Sum(static report => report.Violations);

    public double WorstMs => Reports.Max(static report => report.WorstMs);

    public IEnumerable<string> FirstViolations => OwnReads.FirstViolations.Select(static violation => $"The writer itself: {violation}")
        .Concat(Reports.SelectMany(static (report, i) => report.FirstViolations.Select(violation => $"Process {i + 1}: {violation}")));

    public IEnumerable<string> Lines =>
    [
        $"{Reads} reads by {Reports.Count} processes, {NearHits} of them near hits ({100.0 * NearHits / Reads:0.0} %); {Failures} reads failed",
        $"{Acknowledged} changes acknowledged, {Refused} refused; {OwnReads.Reads} looked at at once by the writer",
        $"{Violations} violations; what was read had been out of date for {WorstMs:0.0} ms at most",
        .. Reports.Zip(Latencies, static (report, latency) => $"  a process: {report}; {latency}"),
        .. Struck.OrderBy(static one => one.Key).Select(static one => $"  {one.Value,6} {one.Key}"),
        .. FirstViolations.Select(static violation => $"  {violation}"),
    ];
}
