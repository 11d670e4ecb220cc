using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>Responses whose writes outlive their requests, beside other pages, for as long as asked. See test/chaos.sh.</summary>
internal static class RogueLongRun
{
    public const string Option = "--rogue";

    /// <summary>A server is left after this long: its memory fills with pages.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(60);

    /// <returns>0 when no foreign byte was found, 1 when one was, 2 for arguments that mean nothing.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["--seconds", var text]
            || !double.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            || seconds is not (> 0 and < 100_000))
        {
            await Console.Error.WriteLineAsync("Usage: test/chaos.sh --rogue --seconds 600");
            return 2;
        }

        var sum = new RogueOutcome(0, 0, 0, 0);
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Round)
        {
            await using var server = await RedisServer.StartAsync();
            var outcome = await RogueLoad.RunAsync(server, left < Round ? left : Round);
            sum = new RogueOutcome(
                sum.Answers + outcome.Answers, sum.Hits + outcome.Hits, sum.Rogue + outcome.Rogue, sum.ForeignBytes + outcome.ForeignBytes);
            Console.WriteLine(sum);
        }

        return sum.ForeignBytes == 0 ? 0 : 1;
    }
}
