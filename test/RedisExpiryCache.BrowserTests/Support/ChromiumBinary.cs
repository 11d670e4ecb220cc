namespace RedisExpiryCache.BrowserTests.Support;

/// <summary>Finds Chromium and the driver that belongs to it. Without them the tests fail and say why: a skipped test would look like a passed one.</summary>
internal sealed record ChromiumBinary(string Browser, string Driver)
{
    private const string Remedy =
        "These tests need Chromium (or Chrome) and its chromedriver. Debian: apt-get install chromium chromium-driver. "
        + "macOS: brew install --cask chromium chromedriver. Or run test/run.sh, which installs them where it can.";

    private static readonly string[] BrowserNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private static readonly string[] UsualPlaces = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

    /// <exception cref="InvalidOperationException">One of the two is not there.</exception>
    public static ChromiumBinary Find()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return Find([.. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Concat(UsualPlaces).Distinct()]);
    }

    /// <exception cref="InvalidOperationException">One of the two is not in these directories.</exception>
    public static ChromiumBinary Find(IReadOnlyList<string> directories) => new(First("Chromium", BrowserNames, directories), First("chromedriver", ["chromedriver"], directories));

    private static string First(string what, string[] names, IReadOnlyList<string> directories) =>
        names.SelectMany(name => directories.Select(directory => Path.Combine(directory, name))).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"No {what} in {string.Join(", ", directories)}. {Remedy}");
}
