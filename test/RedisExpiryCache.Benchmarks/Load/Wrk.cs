using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>wrk, which drives the apps from a process of its own.</summary>
internal static partial class Wrk
{
    /// <exception cref="InvalidOperationException">There is no wrk, or not every answer was a 200.</exception>
    public static async Task<WrkResult> RunAsync(Uri url, int connections, int seconds)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", url.ToString()]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("The load command needs wrk on the PATH (Debian and Ubuntu: apt-get install wrk; macOS: brew install wrk).");
        }

        using (process)
        {
            var said = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode != 0 || said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal))
                throw new InvalidOperationException($"wrk on {url}: {said}");

            return new WrkResult(Number(Total().Match(said)), Number(PerSecond().Match(said)), said);
        }
    }

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"([0-9]+) requests in")]
    private static partial Regex Total();

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex PerSecond();
}

/// <param name="Requests">All of them.</param>
/// <param name="PerSecond">Requests.</param>
/// <param name="Text">All that wrk said.</param>
internal sealed record WrkResult(double Requests, double PerSecond, string Text);
