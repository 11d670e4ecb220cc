namespace RedisExpiryCache.Benchmarks;

/// <summary>Markdown on the console, and in a file as well where one is named: as it comes, so that a run that is broken off leaves what it had.</summary>
internal sealed class Report : IDisposable
{
    private readonly StreamWriter? file;

    public Report(string? path) => file = path is null ? null : new StreamWriter(path) { AutoFlush = true };

    public void Line(string text)
    {
        Console.WriteLine(text);
        file?.WriteLine(text);
    }

    public void Table(string name, params string[] columns) =>
        Line($"\n| {name} | {string.Join(" | ", columns)} |\n|---|{string.Concat(Enumerable.Repeat("---|", columns.Length))}");

    public void Row(string name, params string[] cells) => Line($"| {name} | {string.Join(" | ", cells)} |");

    public void Dispose() => file?.Dispose();
}
