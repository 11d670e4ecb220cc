using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>What can happen while a near cache begins to listen: none of it keeps it from being used for long.</summary>
public sealed class ArmingTests : IAsyncLifetime
{
    private const int NearCacheOn = 57, NearCacheOff = 59;

    private RedisServer? _server;

    private RedisServer Server => _server!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Fact]
    public async Task A_listener_that_is_lost_before_it_is_told_anything_is_no_refusal()
    {
        await using var network = TcpProxy.To(Server.Port);
        var (killed, ended) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        network.Delay = TimeSpan.FromMilliseconds(40);
        network.Tap = bytes =>
        {
            // The app asks which of the connections listens; it will name that one as soon as it has the answer.
            if (bytes.Span.IndexOf("pubsub"u8) >= 0 && Interlocked.Exchange(ref killed, 1) == 0)
                _ = KillAsync();
        };
        await using var node = NearNode.Connect(network.ConnectionString, "app:");
        await CachedApp.ConnectAsync(node.Cache);
        await ended.Task.WaitAsync(NearNode.Deadline, TimeProvider.System, Token);
        await node.HearsAsync();
        Assert.DoesNotContain(node.Log.Records, static record => record.Event.Id == NearCacheOff);

        async Task KillAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, Token);
            await Server.Raw.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            ended.SetResult();
        }
    }

    [Fact]
    public async Task What_the_server_still_takes_for_a_listener_is_not_taken_for_the_new_one()
    {
        await using var node = await NearNode.StartAsync(Server.ConnectionString, "app:");
        var listener = ((string)(await Server.Raw.ExecuteAsync("CLIENT", "LIST", "TYPE", "pubsub"))!).Split('\n')
            .Single(static line => line.Contains(" name=RedisExpiryCache-near-", StringComparison.Ordinal)).Split(' ');

        // As where a network has swallowed the end of the old connection.
        using var dead = await RawConnection.OpenAsync(Server.Port, password: null, Token);
        await dead.AskAsync($"CLIENT SETNAME {listener.Single(static field => field.StartsWith("name=", StringComparison.Ordinal))["name=".Length..]}", Token);
        await dead.AskAsync("SUBSCRIBE __redis__:invalidate", Token);
        await Server.Raw.ExecuteAsync("CLIENT", "KILL", "ID", listener[0]["id=".Length..]);
        await Eventually.True(() => node.Log.Records.Count(static record => record.Event.Id == NearCacheOn) >= 2, NearNode.Deadline, "the near cache to be on again");
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.WarmAsync("key"));
    }
}
