namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>The repository as it lies on disk, without what a build puts there.</summary>
internal static class SourceTree
{
    public const string Library = "src/RedisExpiryCache";

    private static readonly string[] SourceExtensions = [".cs", ".csproj", ".lua", ".sh"];

    public static string Root { get; } = FindRoot();

    /// <summary>
    /// All source files in a folder and below it. None at all fails the test, because a rule that visits nothing holds
    /// always. Only a folder that is not there yet, or that is empty, which to git is the same, may have none.
    /// </summary>
    public static IReadOnlyList<SourceFile> Files(string folder)
    {
        var full = Path.Combine(Root, folder);
        if (!Directory.Exists(full) || !Directory.EnumerateFileSystemEntries(full).Any())
        {
            return [];
        }

        var paths = Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories);
        SourceFile[] files = [.. paths.Where(IsSource).Order(StringComparer.Ordinal).Select(Read)];
        Assert.True(files.Length > 0, $"No source files in {folder}: the rule visited nothing.");
        return files;
    }

    private static SourceFile Read(string path) => new(Relative(path), File.ReadAllText(path));

    private static bool IsSource(string path) =>
        SourceExtensions.Contains(Path.GetExtension(path)) && !Relative(path).Split('/').Any(part => part is "bin" or "obj");

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "RedisExpiryCache.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }
}
