using System.Text.RegularExpressions;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Support;

/// <summary>The Redis user of docs/operations.md, made by the very line that stands there.</summary>
internal static partial class DocumentedUser
{
    public const string Prefix = "shop:";

    /// <summary>To be put behind a connection string.</summary>
    public const string Credentials = ",user=app,password=secret";

    public static string Line { get; } = LineIn("operations.md");

    /// <summary>What the line allows, word by word, without the plus sign.</summary>
    public static IReadOnlyList<string> Allowed { get; } =
        [.. Line.Split(' ').Where(static word => word.StartsWith('+')).Select(static word => word[1..])];

    public static string LineIn(string document) =>
        AclLine().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs", document))) is { Success: true } found
            ? found.Value
            : throw new InvalidOperationException($"docs/{document} has no line that begins with ACL SETUSER.");

    public static async Task AddAsync(RedisServer server, params string[] exceptFor)
    {
        await AskAsync(server, Line);
        foreach (var command in exceptFor)
            await AskAsync(server, $"ACL SETUSER app -{command}");
    }

    private static async Task AskAsync(RedisServer server, string command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var connection = await RawConnection.OpenAsync(server.Port, password: null, patience.Token);
        Assert.Equal("+OK", await connection.AskAsync(command, patience.Token));
    }

    [GeneratedRegex(@"^ACL SETUSER .*$", RegexOptions.Multiline)]
    private static partial Regex AclLine();
}
