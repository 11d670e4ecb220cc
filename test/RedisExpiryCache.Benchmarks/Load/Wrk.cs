using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>wrk, which drives the apps from a process of its own.</summary>
internal static partial class Wrk
{
    /// <exception cref="InvalidOperationException">There is no wrk, or not every answer was a 200.</exception>
    public static async Task<WrkResult> RunAsync(Uri server, Drive drive, int seconds)
    {
        var script = drive.Script is null ? null : Path.GetTempFileName();
        try
        {
            if (script is not null)
                await File.WriteAllTextAsync(script, drive.Script);

            string[] arguments = ["-t1", $"-c{drive.Connections}", $"-d{seconds}s", "--timeout", "10s", "--latency"];
            return Read(await SaysAsync([.. arguments, .. script is null ? [] : new[] { "-s", script }, $"{new Uri(server, drive.Path)}"]));
        }
        finally
        {
            if (script is not null)
                File.Delete(script);
        }
    }

    private static async Task<string> SaysAsync(string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
            var said = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 && !said.Contains("Non-2xx", StringComparison.Ordinal) && !said.Contains("Socket errors", StringComparison.Ordinal)
                ? said
                : throw new InvalidOperationException($"wrk {string.Join(' ', arguments)}: {said}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("This command needs wrk on the PATH (Debian and Ubuntu: apt-get install wrk; macOS: brew install wrk).");
        }
    }

    private static WrkResult Read(string said) =>
        new(Number(Total().Match(said)), Number(PerSecond().Match(said)), Milliseconds(P50().Match(said)), Milliseconds(P99().Match(said)));

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    private static double Milliseconds(Match match) => Number(match) * match.Groups[2].Value switch
    {
        "us" => 0.001,
        "ms" => 1,
        "s" => 1_000,
        _ => throw new FormatException($"'{match.Value}' is no time."),
    };

    [GeneratedRegex(@"([0-9]+) requests in")]
    private static partial Regex Total();

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"50%\s+([0-9.]+)([a-z]+)")]
    private static partial Regex P50();

    [GeneratedRegex(@"99%\s+([0-9.]+)([a-z]+)")]
    private static partial Regex P99();
}

/// <summary>What is asked of a server.</summary>
/// <param name="Path">Of the URL.</param>
/// <param name="Connections">Each asks again as soon as it is answered.</param>
/// <param name="Script">What to ask for in place of the path alone.</param>
internal sealed record Drive(string Path, int Connections = 32, string? Script = null);

/// <param name="Requests">All of them.</param>
/// <param name="PerSecond">Requests.</param>
/// <param name="P50Ms">Half of the requests were answered in this time.</param>
/// <param name="P99Ms">99 of 100 were.</param>
internal sealed record WrkResult(double Requests, double PerSecond, double P50Ms, double P99Ms);
