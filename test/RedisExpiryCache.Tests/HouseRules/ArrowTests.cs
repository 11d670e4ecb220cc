namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>
/// Arrows only go down: the extensions use ResponseCaching, that uses NearCache, Protection and Redis, those use Expiry, and
/// ResponseCaching uses Rfc9111. Rfc9111 and Expiry are pure and use nothing.
/// </summary>
public sealed class ArrowTests
{
    private static readonly string[] Impure = ["async", "await", "HttpContext", "StackExchange", "TimeProvider"];

    // What a user types may carry a type of the client library: a connection of their own.
    private static readonly string[] MaySayStackExchange =
    [
        $"{SourceTree.Library}/RedisExpiringCacheOptions.cs",
        $"{SourceTree.Library}/RedisExpiringCacheExtensions.cs",
    ];

    [Theory]
    [InlineData("Rfc9111")]
    [InlineData("Expiry")]
    public void A_pure_folder_names_no_other_folder(string folder) => Rule.FailsWhere(
        Folder(folder),
        file => Rule.NamesFolderOtherThan(file.Names, folder),
        $"{folder}/ is pure: hand it facts, and let those above call it.");

    [Theory]
    [InlineData("Rfc9111")]
    [InlineData("Expiry")]
    public void A_pure_folder_knows_no_tasks_no_clock_no_http_context_and_no_redis(string folder) => Rule.FailsWhere(
        Folder(folder),
        file => Impure.Any(word => Rule.Says(file.Names, word)),
        $"{folder}/ is pure: no async, no clock, no HttpContext, no StackExchange.Redis. Time and facts are parameters.");

    [Fact]
    public void The_redis_folder_knows_nothing_of_http() => Rule.FailsWhere(
        Folder("Redis"),
        file => file.Text.Contains("Rfc9111", StringComparison.Ordinal) || file.Text.Contains("ResponseCaching", StringComparison.Ordinal),
        "Redis/ stores bytes. It mentions neither Rfc9111 nor ResponseCaching, not even in a comment.");

    [Fact]
    public void Only_the_redis_folder_uses_the_client_library() => Rule.FailsWhere(
        SourceTree.Files(SourceTree.Library),
        file => file.Path.EndsWith(".cs", StringComparison.Ordinal)
            && Rule.Says(file.Names, "StackExchange")
            && !file.Path.StartsWith($"{SourceTree.Library}/Redis/", StringComparison.Ordinal)
            && !MaySayStackExchange.Contains(file.Path),
        "Only Redis/ uses StackExchange.Redis (comments may name its exceptions). Give it a method that says what you need.");

    [Fact]
    public void A_namespace_is_its_folder() => Rule.FailsWhere(
        Rule.Folders.SelectMany(Folder),
        file => file.Path.EndsWith(".cs", StringComparison.Ordinal)
            && !file.Names.Contains($"namespace {NamespaceOf(file)}", StringComparison.Ordinal),
        "The other rules find a folder by its namespace: RedisExpiryCache.<folder>.");

    private static IReadOnlyList<SourceFile> Folder(string name) => SourceTree.Files($"{SourceTree.Library}/{name}");

    // Of the feature folder: what lies deeper may say more.
    private static string NamespaceOf(SourceFile file) => $"RedisExpiryCache.{file.Path[(SourceTree.Library.Length + 1)..].Split('/')[0]}";
}
