using System.Text.RegularExpressions;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>A Redis user who may do what docs/operations.md says, and nothing else: with the line for a near cache, and without it.</summary>
public sealed partial class NearAclTests : IAsyncLifetime
{
    private const int NearCacheOff = 59;

    private RedisServer? _server;

    private RedisServer Server => _server!;

    private string ConnectionString => $"{Server.ConnectionString},user=app,password=secret";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Fact]
    public void Both_pages_that_have_the_lines_have_the_same()
    {
        Assert.Equal(2, Lines("operations.md").Length);
        Assert.Equal(Lines("operations.md"), Lines("data-cache.md"));
    }

    [Fact]
    public async Task The_two_lines_are_enough()
    {
        foreach (var line in Lines("operations.md"))
            await AskAsync(line);

        await using var one = await NearNode.StartAsync(ConnectionString, "shop:");
        await using var other = await NearNode.StartAsync(ConnectionString, "shop:");
        await one.SetAsync("key", "value");
        Assert.Equal("value", await other.WarmAsync("key"));
        await one.Cache.RemoveAsync("key", Token);
        await other.SeesAsync("key", null);
        Assert.DoesNotContain(one.Log.Records, static record => $"{record.Message}{record.Exception}".Contains("NOPERM", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+subscribe")]
    [InlineData("&__redis__:invalidate")]
    public async Task With_less_it_stays_off_which_is_said_once_and_comes_on_once_it_is_granted(string part)
    {
        var lines = Lines("operations.md");
        await AskAsync(lines[0]);
        if (part.Length > 0)
            await AskAsync($"ACL SETUSER app {part}");

        await using var node = NearNode.Connect(ConnectionString, "shop:");
        await CachedApp.ConnectAsync(node.Cache);
        await Eventually.True(() => node.Log.Records.Any(static record => record.Event.Id == NearCacheOff), NearNode.Deadline, "it to be said");
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.GetAsync("key"));
        Assert.Equal((false, 0), (node.IsOn, node.NearHits));
        Assert.Contains("NOPERM", node.Cache.Connection.Feed!.DisabledReason, StringComparison.Ordinal);

        // Refused again at once, which is not said again.
        await ReconnectAsync();
        await CachedApp.ConnectAsync(node.Cache);
        Assert.Equal("value", await node.GetAsync("key"));
        await AskAsync(lines[1]);
        await ReconnectAsync();
        await node.HearsAsync();
        Assert.Equal("value", await node.WarmAsync("key"));
        Assert.Contains("NOPERM", Assert.Single(node.Log.Records, static record => record.Event.Id == NearCacheOff).Message, StringComparison.Ordinal);
    }

    /// <summary>A connection that is made anew ends the pause after a refusal.</summary>
    private async Task ReconnectAsync() => await Server.Raw.ExecuteAsync("CLIENT", "KILL", "USER", "app");

    private static string[] Lines(string document) =>
        [.. AclLine().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", document))).Select(static line => line.Value)];

    private async Task AskAsync(string command)
    {
        using var connection = await RawConnection.OpenAsync(Server.Port, password: null, Token);
        Assert.Equal("+OK", await connection.AskAsync(command, Token));
    }

    [GeneratedRegex(@"^ACL SETUSER .*$", RegexOptions.Multiline)]
    private static partial Regex AclLine();
}
