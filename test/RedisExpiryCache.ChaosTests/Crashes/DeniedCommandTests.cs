using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>A Redis user who lacks any one of the documented permissions: the app answers, and no key is left that does not expire.</summary>
public sealed class DeniedCommandTests
{
    public static TheoryData<string> Commands => [.. DocumentedUser.Allowed];

    [Fact]
    public void There_are_commands_to_deny() => Assert.Superset(new HashSet<string> { "get", "set", "del", "evalsha", "pexpire" }, DocumentedUser.Allowed.ToHashSet());

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Without_one_command(string command)
    {
        foreach (var format in Enum.GetValues<EntryFormat>())
        {
            await using var server = await RedisServer.StartAsync();
            await DocumentedUser.AddAsync(server, exceptFor: command);
            await using var app = await CachedApp.StartAsync(server, KillableApp.Map, new AppSetup
            {
                Prefix = DocumentedUser.Prefix,
                ConnectionString = server.ConnectionString + DocumentedUser.Credentials,
                Options = options => (options.OperationTimeout, options.EntryFormat) = (TimeSpan.FromMilliseconds(300), format),
            });
            for (var round = 0; round < 2; round++)
            {
                foreach (var (method, path) in KillableApp.Requests(0))
                    Assert.Equal(200, (int)(await app.SendAsync(method, path)).Status);
            }

            Assert.Empty(await ExpiryAudit.FindAsync(server, app.Prefix, KillableApp.Longest));
        }
    }
}
