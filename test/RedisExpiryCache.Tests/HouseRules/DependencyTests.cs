using System.Text.RegularExpressions;

namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>Which folder of the library may use which: dependencies point down only.</summary>
/// <remarks>
/// The root holds the public types: options, attributes, contracts. Any folder but the pure ones may use them, and the root may use
/// what its members are made of; that is the one cycle.
/// </remarks>
public sealed partial class DependencyTests
{
    private const string Root = "(root)";

    // From the bottom to the top. A folder uses only folders above it in this table, and the root where it is named.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["HttpFields"] = [],
        ["Expiry"] = [],
        ["Concurrency"] = [],
        ["Rfc9111"] = ["HttpFields"],
        ["Telemetry"] = ["Concurrency"],
        ["NearCache"] = ["Concurrency"],
        ["Redis"] = [Root, "Expiry", "Concurrency", "Telemetry", "NearCache"],
        ["DataCache"] = [Root, "Expiry", "Concurrency", "Telemetry", "Redis"],
        ["OutputCaching"] = ["Expiry", "Telemetry", "Redis"],
        ["ResponseCaching"] = [Root, "HttpFields", "Expiry", "Concurrency", "Rfc9111", "Telemetry", "NearCache", "Redis"],
        ["Configuration"] = [Root, "HttpFields", "Telemetry", "Redis", "ResponseCaching"],
        ["Registration"] = [Root, "Concurrency", "Telemetry", "Redis", "OutputCaching", "ResponseCaching", "Configuration"],
        [Root] = ["HttpFields", "Concurrency", "Rfc9111", "Telemetry", "Redis", "DataCache", "ResponseCaching", "Configuration"],
    };

    private static readonly string[] Pure = ["Rfc9111", "HttpFields", "Expiry"];

    private static readonly string[] Impure = ["async", "await", "HttpContext", "StackExchange", "TimeProvider"];

    // What a user types may carry a type of the client library: a connection of their own.
    private static readonly string[] MayUseTheClientLibrary =
    [
        $"{SourceTree.Library}/RedisExpiringCacheOptions.cs",
        $"{SourceTree.Library}/Registration/RedisExpiringCacheServiceCollectionExtensions.cs",
    ];

    private static readonly IReadOnlyList<SourceFile> Files =
        [.. SourceTree.Files(SourceTree.Library).Where(static file => file.Path.EndsWith(".cs", StringComparison.Ordinal))];

    [Fact]
    public void Each_folder_uses_only_the_folders_that_the_table_allows()
    {
        var forbidden = Edges().Where(edge => !Allowed.GetValueOrDefault(edge.From, []).Contains(edge.To))
            .Select(edge => $"{edge.From} -> {edge.To}: {edge.File} uses {edge.Type}");
        Assert.Equal([], forbidden);
    }

    [Fact]
    public void Each_dependency_that_the_table_allows_is_in_use() =>
        Assert.Equal(
            [], Allowed.SelectMany(static row => row.Value.Select(to => (row.Key, to))).Except(Edges().Select(static edge => (edge.From, edge.To))));

    [Fact]
    public void The_table_of_dependencies_has_no_cycle_beside_that_of_the_root()
    {
        var order = Allowed.Keys.ToList();
        var upwards = Allowed.Where(static row => row.Key != Root)
            .SelectMany(static row => row.Value.Where(static to => to != Root).Select(to => (row.Key, To: to)))
            .Where(edge => order.IndexOf(edge.To) >= order.IndexOf(edge.Key));
        Assert.Equal([], upwards);
    }

    [Fact]
    public void Each_folder_of_the_library_stands_in_the_table() =>
        Assert.Equal([], Files.Select(FolderOf).Distinct().Except(Allowed.Keys));

    [Fact]
    public void A_pure_folder_uses_no_tasks_no_clock_no_http_context_and_no_redis() => Rule.FailsWhere(
        Files.Where(static file => Pure.Contains(FolderOf(file))),
        static file => Impure.Any(word => Rule.Says(file.Names, word)),
        "Rfc9111/, HttpFields/ and Expiry/ are pure: no async, no clock, no HttpContext, no StackExchange.Redis. Time and facts are parameters.");

    [Fact]
    public void The_redis_folder_does_not_mention_http() => Rule.FailsWhere(
        Files.Where(static file => FolderOf(file) == "Redis"),
        static file => file.Text.Contains("Rfc9111", StringComparison.Ordinal) || file.Text.Contains("ResponseCaching", StringComparison.Ordinal),
        "Redis/ stores bytes. It mentions neither Rfc9111 nor ResponseCaching, not even in a comment.");

    [Fact]
    public void Only_the_redis_folder_uses_the_client_library() => Rule.FailsWhere(
        Files,
        static file => Rule.Says(file.Names, "StackExchange") && FolderOf(file) != "Redis" && !MayUseTheClientLibrary.Contains(file.Path),
        "Only Redis/ uses StackExchange.Redis (comments may name its exceptions). Add a method there that says what you need.");

    [Fact]
    public void The_namespace_of_an_internal_type_is_its_folder() => Rule.FailsWhere(
        Files.Where(static file => !PublicType().IsMatch(file.Names)),
        static file => !file.Names.Contains($"namespace {NamespaceOf(file)};", StringComparison.Ordinal),
        "RedisExpiryCache.<folder>.<folder>, so that a using says where a type is.");

    [Fact]
    public void No_folder_of_the_library_holds_more_than_20_files() =>
        Assert.Equal([], Files.GroupBy(static file => Path.GetDirectoryName(file.Path)!).Where(static folder => folder.Count() > 20).Select(
            static folder => $"{folder.Key}: {folder.Count()}"));

    private static IEnumerable<(string From, string To, string File, string Type)> Edges()
    {
        var folderOfType = Files.SelectMany(static file => DeclaredType().Matches(file.Names).Select(type => (Name: type.Groups["name"].Value, File: file)))
            .GroupBy(static type => type.Name, StringComparer.Ordinal)
            .ToDictionary(static types => types.Key, static types => FolderOf(types.First().File), StringComparer.Ordinal);
        return
            from file in Files
            from name in TypeName().Matches(file.Names).Select(static word => word.Value).Distinct(StringComparer.Ordinal)
            where folderOfType.ContainsKey(name)
            let edge = (From: FolderOf(file), To: folderOfType[name], file.Path, name)
            where edge.From != edge.To && Sees(file, edge.To)
            select edge;
    }

    // A name alone may be a member's. A type of another folder needs a using, but for the root's.
    private static bool Sees(SourceFile file, string folder) =>
        folder == Root || file.Names.Contains($"RedisExpiryCache.{folder}", StringComparison.Ordinal);

    private static string FolderOf(SourceFile file) =>
        file.Path[(SourceTree.Library.Length + 1)..].Split('/') is [var folder, _, ..] ? folder : Root;

    private static string NamespaceOf(SourceFile file) =>
        Path.GetDirectoryName(file.Path[SourceTree.Library.Length..].Insert(0, "RedisExpiryCache"))!.Replace('/', '.').Replace('\\', '.');

    [GeneratedRegex(@"^(?:public |internal )(?:(?:sealed|static|abstract|readonly|partial|ref) )*(?:class|record struct|struct|record|interface|enum) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"^public (?:(?:sealed|static|abstract|readonly|partial) )*(?:class|record|struct|interface|enum|delegate) ", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"(?<![.\w])[A-Z]\w*")]
    private static partial Regex TypeName();
}
