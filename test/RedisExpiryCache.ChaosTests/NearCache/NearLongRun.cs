using System.Globalization;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>Near caches in several processes, for as long as asked; prints what was survived. See test/chaos.sh.</summary>
internal static class NearLongRun
{
    public const string Option = "--near";

    private const int Watched = 300;

    /// <returns>0 when nothing was violated, 1 when something was, 2 for arguments that mean nothing.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["--seconds", var text] || !double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) || seconds is not (> 0 and < 100_000))
        {
            await Console.Error.WriteLineAsync("Usage: test/chaos.sh --near --seconds 60");
            return 2;
        }

        var outcome = await NearRun.RunAsync(TimeSpan.FromSeconds(seconds), Watched);
        foreach (var line in outcome.Lines)
            Console.WriteLine(line);

        return outcome.Violations == 0 ? 0 : 1;
    }
}
