using System.Net.Sockets;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>kill -9, of the app and of the server, at random moments: whatever is left in Redis expires in its time.</summary>
public sealed class KilledTests
{
    private const string Prefix = "shop:";
    private const int Rounds = 4;
    private const int Clients = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EntryFormat.Compact)]
    [InlineData(EntryFormat.Microsoft)]
    public async Task What_an_app_leaves_behind_that_was_killed_expires(EntryFormat format)
    {
        await using var server = await RedisServer.StartAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await using var app = await AppProcess.StartAsync(server.ConnectionString, Prefix, format);
            var traffic = TrafficAsync(app, round);
            await Eventually.True(async () => (await server.KeysAsync(Prefix)).Length > 20, TimeSpan.FromSeconds(60), "the app to write");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(200)), TimeProvider.System, Token);
            await app.KillAsync();
            await traffic;

            Assert.NotEmpty(await server.KeysAsync(Prefix));
            Assert.Empty(await ExpiryAudit.FindAsync(server, Prefix, KillableApp.Longest));
        }
    }

    [Theory]
    [InlineData(EntryFormat.Compact)]
    [InlineData(EntryFormat.Microsoft)]
    public async Task What_a_server_finds_on_its_disk_that_was_killed_expires_and_the_app_answers_all_the_time(EntryFormat format)
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "everysec");
        await using var app = await CachedApp.StartAsync(
            server,
            KillableApp.Map,
            new AppSetup { Prefix = Prefix, Options = options => (options.OperationTimeout, options.EntryFormat) = (TimeSpan.FromSeconds(1), format) });
        for (var round = 0; round < Rounds; round++)
        {
            using var end = new CancellationTokenSource();
            var clients = Enumerable.Range(0, Clients).Select(client => AskAllTheTimeAsync(app, client, end.Token)).ToArray();
            await Eventually.True(async () => (await server.KeysAsync(Prefix)).Length > 20, TimeSpan.FromSeconds(60), "the app to write");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(200)), TimeProvider.System, Token);
            await server.KillAsync();
            await server.RestartAsync();
            await end.CancelAsync();
            await Task.WhenAll(clients);

            Assert.NotEmpty(await server.KeysAsync(Prefix));
            Assert.Empty(await ExpiryAudit.FindAsync(server, Prefix, KillableApp.Longest));
        }
    }

    /// <summary>Until the app is gone.</summary>
    private static Task TrafficAsync(AppProcess app, int round) => Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
    {
        try
        {
            for (var i = 0; ; i++)
            {
                foreach (var (method, path) in KillableApp.Requests((1000 * round) + (100 * client) + (i % 20)))
                {
                    using var request = new HttpRequestMessage(method, path);
                    using var response = await app.Client.SendAsync(request, Token);
                    Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode} for {path}");
                }
            }
        }
        catch (Exception cut) when (cut is HttpRequestException or SocketException)
        {
            // Killed in the middle of it; while a connection is being made, the client throws what the socket does.
        }
    }));

    private static async Task AskAllTheTimeAsync(CachedApp app, int client, CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            foreach (var (method, path) in KillableApp.Requests((100 * client) + (i % 20)))
                Assert.Equal(200, (int)(await app.SendAsync(method, path)).Status);
        }
    }
}
