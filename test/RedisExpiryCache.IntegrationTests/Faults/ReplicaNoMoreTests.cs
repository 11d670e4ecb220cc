using Microsoft.AspNetCore.Builder;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A server that was a replica when it was connected to, and has been made the primary since.</summary>
public sealed class ReplicaNoMoreTests
{
    /// <summary>Well before the client library would ask by itself, which is a minute after it has connected.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_is_in_use_again_soon()
    {
        await using var server = await RedisServer.StartAsync();
        await using var network = TcpProxy.To(server.Port);
        await using var app = await CachedApp.StartAsync(
            server,
            static web => web.MapGet("/page", [RedisResponseCache(Duration = 600)] () => "page"),
            new AppSetup { ConnectionString = network.ConnectionString });
        await app.WarmAsync("/page");
        await server.Raw.ExecuteAsync("REPLICAOF", "127.0.0.1", $"{FreePort.Next()}");
        network.Cut();
        await Eventually.True(
            async () => network.Accepted > 2 && !(await app.GetAsync("/page")).IsHit && app.Logs.Any(static log => log.Event.Id == 50), Soon, "the circuit to open");

        await server.Raw.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Eventually.True(async () => (await app.GetAsync("/page")).IsHit, Soon, "hits to be back");
    }
}
