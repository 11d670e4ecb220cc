using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>The network that other tests break on purpose.</summary>
public sealed class TcpProxyTests(RedisFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Latency_is_added_to_each_way_but_not_to_each_command()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var client = await ConnectAsync(proxy);
        var database = client.GetDatabase();
        var key = fixture.Server.NewPrefix() + "list";
        proxy.Delay = TimeSpan.FromMilliseconds(50);

        var watch = Stopwatch.StartNew();
        var pushes = Enumerable.Range(0, 100).Select(async number =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(number / 10), TimeProvider.System);
            return await database.ListRightPushAsync(key, number);
        });
        await Task.WhenAll(pushes);

        // One after the other, a hundred commands would take ten seconds.
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        Assert.Equal(100, await database.ListLengthAsync(key));
        Assert.InRange(proxy.BytesToServer, 1000, 100_000);
        Assert.InRange(proxy.ChunksToServer, 1, 1000);
        Assert.True(proxy.BytesToClient > 0);
    }

    [Fact]
    public async Task What_a_frozen_network_holds_arrives_when_it_thaws()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var client = await ConnectAsync(proxy);
        proxy.Freeze();
        var answer = client.GetDatabase().PingAsync();
        await Assert.ThrowsAsync<TimeoutException>(
            () => answer.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken));
        proxy.Thaw();
        await answer.WaitAsync(Soon, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_cut_client_cannot_return_while_refused_and_can_afterwards()
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var client = await ConnectAsync(proxy);
        var database = client.GetDatabase();
        proxy.Refuse = true;
        proxy.Cut();
        await Eventually.True(() => !client.IsConnected, Soon, "the client to notice the cut");
        await Assert.ThrowsAnyAsync<RedisException>(() => database.PingAsync());

        var before = proxy.Accepted;
        proxy.Refuse = false;
        await Eventually.True(() => client.IsConnected, Soon, "the client to return");
        Assert.True(proxy.Accepted > before);
        await database.PingAsync();
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(TcpProxy proxy) => ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
    {
        EndPoints = { proxy.ConnectionString },
        BacklogPolicy = BacklogPolicy.FailFast,
        ConnectTimeout = 30_000,
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        ReconnectRetryPolicy = new LinearRetry(100),
    });
}
