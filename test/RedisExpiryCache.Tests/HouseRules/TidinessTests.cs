namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>What no file of this repository does.</summary>
public sealed class TidinessTests
{
    private static readonly string[] TopLevel =
    [
        "src", "test", "examples", "docs", "global.json", "RedisExpiryCache.sln",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE",
        "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt",
    ];

    // What packing and test reports leave behind; .gitignore keeps it out of the repository.
    private static readonly string[] Leftovers = ["artifacts", "TestResults"];

    [Fact]
    public void The_top_level_holds_only_what_the_house_allows()
    {
        var entries = Directory.GetFileSystemEntries(SourceTree.Root).Select(path => Path.GetFileName(path)!).ToList();
        Assert.Contains("RedisExpiryCache.sln", entries);
        Assert.Empty(entries.Where(entry => !entry.StartsWith('.')).Except(TopLevel).Except(Leftovers));
    }

    [Fact]
    public void No_source_file_is_longer_than_400_lines() => Rule.FailsWhere(
        Everything(), file => file.Lines > 400, "A file that long tells two stories: split it.");

    [Fact]
    public void The_readme_is_at_most_120_lines() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(SourceTree.Root, "README.md")).Length, 1, 120);

    [Fact]
    public void Nothing_sleeps() => Rule.FailsWhere(
        Everything(), file => Rule.Sleep().IsMatch(file.Names), "Poll with a deadline, or wait on a TimeProvider.");

    [Fact]
    public void The_library_never_walks_the_keys() => Rule.FailsWhere(
        SourceTree.Files(SourceTree.Library),
        file => Rule.KeyWalk().IsMatch(file.Code),
        "KEYS and SCAN cost as much as the whole database is large.");

    [Fact]
    public void No_catch_block_in_the_library_is_empty() => Rule.FailsWhere(
        SourceTree.Files("src"),
        file => Rule.EmptyCatch().IsMatch(file.Names),
        "Count it, log it, return or rethrow: silence is no policy.");

    [Fact]
    public void No_test_is_skipped() => Rule.FailsWhere(
        SourceTree.Files("test"), file => Rule.SkippedTest().IsMatch(file.Names), "A test that cannot run fails and says why.");

    private static IEnumerable<SourceFile> Everything() =>
        [.. SourceTree.Files("src"), .. SourceTree.Files("test"), .. SourceTree.Files("examples")];
}
