using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Finds redis-server. Without it the tests fail and say why: a skipped test would look like a passed one.</summary>
public static partial class RedisBinary
{
    private const string Remedy =
        "These tests need redis-server 6.2 or newer. Debian and Ubuntu: apt-get install redis-server. "
        + "macOS: brew install redis. Or run test/run.sh, which installs it where it can.";

    private static readonly Version Oldest = new(6, 2);

    // /usr/sbin and Homebrew's folder are often missing from the PATH of an editor or of a service.
    private static readonly string[] UsualPlaces = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

    private static readonly Lazy<string> OnThisMachine = new(() => Find(SearchPath()));

    /// <exception cref="InvalidOperationException">There is none, or it is too old.</exception>
    public static string Find() => OnThisMachine.Value;

    /// <exception cref="InvalidOperationException">There is none in these directories, or it is too old.</exception>
    public static string Find(IReadOnlyList<string> directories)
    {
        var binary = directories.Select(directory => Path.Combine(directory, "redis-server")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"No redis-server in {string.Join(", ", directories)}. {Remedy}");

        var said = Run(binary, "--version");
        return VersionIn(said) >= Oldest
            ? binary
            : throw new InvalidOperationException($"{binary} is too old: \"{said.Trim()}\". {Remedy}");
    }

    private static string[] SearchPath()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return [.. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Concat(UsualPlaces).Distinct()];
    }

    private static string Run(string binary, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo(binary, argument) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private static Version VersionIn(string said)
    {
        var found = VersionPattern().Match(said);
        return found.Success ? new Version(Number(found.Groups[1]), Number(found.Groups[2])) : new Version(0, 0);

        static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\bv=(\d+)\.(\d+)")]
    private static partial Regex VersionPattern();
}
