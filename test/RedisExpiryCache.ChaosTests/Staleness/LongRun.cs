using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>Random faults for as long as asked; prints what was survived. See test/chaos.sh.</summary>
internal static class LongRun
{
    public const string Verb = "chaos";

    /// <summary>A world is left after this long: what it remembers of its requests would fill the memory.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(45);

    /// <returns>0 when nothing was violated, 1 when something was, 2 for arguments that mean nothing.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["--minutes", var text] || !double.TryParse(text, CultureInfo.InvariantCulture, out var minutes) || minutes is not (> 0 and < 100_000))
        {
            await Console.Error.WriteLineAsync("Usage: test/chaos.sh --minutes 30, or --near --seconds 60, or --rogue --seconds 600");
            return 2;
        }

        var (struck, sum, watch) = (new ConcurrentDictionary<Fault, int>(), default(Sum), Stopwatch.StartNew());
        while (watch.Elapsed < TimeSpan.FromMinutes(minutes))
        {
            var left = TimeSpan.FromMinutes(minutes) - watch.Elapsed;
            var checker = await RandomFaults.RunAsync(left < Round ? left : Round, struck);
            sum += checker;
            Console.WriteLine($"{watch.Elapsed:hh\\:mm\\:ss}  {sum}");
            foreach (var violation in checker.FirstViolations)
                Console.WriteLine($"          {violation}");
        }

        Console.WriteLine($"Survived {watch.Elapsed.TotalMinutes:0.0} minutes: {sum}.");
        foreach (var (fault, times) in struck.OrderBy(static one => one.Key))
            Console.WriteLine($"  {times,6} {fault}");

        return sum.Violations == 0 ? 0 : 1;
    }

    private readonly record struct Sum(long Requests, long Hits, long Acknowledged, long Refused, long Violations)
    {
        public static Sum operator +(Sum sum, StaleChecker more) => new(
            sum.Requests + more.Reads, sum.Hits + more.Hits, sum.Acknowledged + more.Acknowledged, sum.Refused + more.RefusedEvictions, sum.Violations + more.Violations);

        public override string ToString() =>
            $"{Requests} requests answered, {Hits} of them hits; {Acknowledged} evictions acknowledged, {Refused} refused; {Violations} violations";
    }
}
