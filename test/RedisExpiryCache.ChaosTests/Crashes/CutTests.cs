using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>The connection ends after any number of bytes: no key is left that does not expire.</summary>
public sealed class CutTests(RedisFixture fixture)
{
    // PTTL of every key: those without an expiry, or with more than there may be. Then all is as if nothing had been sent.
    private const string AuditAndFlush = """
        local wrong = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
          local left = redis.call('PTTL', key)
          if left == -1 or left > tonumber(ARGV[1]) then wrong[#wrong + 1] = key .. ' ' .. left end
        end
        redis.call('FLUSHDB')
        return wrong
        """;

    [Theory]
    [InlineData(EntryFormat.Compact)]
    [InlineData(EntryFormat.Microsoft)]
    public async Task After_every_single_byte_of_what_the_library_sends(EntryFormat format)
    {
        await using var server = await RedisServer.StartAsync();
        var sent = await RecordAsync(server, format);
        Assert.InRange(sent.Length, 2000, 40_000);
        await server.Raw.ExecuteAsync("FLUSHALL");

        var most = (long)(KillableApp.Longest + TimeSpan.FromMinutes(10)).TotalMilliseconds;
        for (var bytes = 0; bytes <= sent.Length; bytes++)
        {
            await SendAsync(server.Port, sent.AsMemory(0, bytes));
            var wrong = (string[])(await server.Raw.ScriptEvaluateAsync(AuditAndFlush, values: [most]))!;
            Assert.True(wrong.Length == 0, $"After {bytes} of {sent.Length} bytes: {string.Join(", ", wrong)}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task And_the_app_answers_wherever_its_connections_are_cut(bool toServer)
    {
        await using var network = TcpProxy.To(fixture.Server.Port);
        await using var app = await CachedApp.StartAsync(fixture.Server, KillableApp.Map, new AppSetup
        {
            ConnectionString = network.ConnectionString,
            Options = static options => options.OperationTimeout = TimeSpan.FromMilliseconds(300),
        });
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        for (var round = 0; round < 30; round++)
        {
            network.CutAfter = new CutPoint(toServer, Random.Shared.Next(20_000));
            network.Cut();
            foreach (var (method, path) in KillableApp.Requests(round))
                Assert.Equal(200, (int)(await app.SendAsync(method, path)).Status);
        }

        network.CutAfter = null;
        await Eventually.True(async () => (await app.GetAsync("/page/last")).IsHit, TimeSpan.FromSeconds(60), "hits to be back");
        Assert.Empty(await ExpiryAudit.FindAsync(fixture.Server, app.Prefix, KillableApp.Longest));
    }

    /// <summary>What one connection sends for all that this library does; the server has the scripts since the app connected.</summary>
    private static async Task<byte[]> RecordAsync(RedisServer server, EntryFormat format)
    {
        await using var network = TcpProxy.To(server.Port);
        await using var app = await CachedApp.StartAsync(server, KillableApp.Map, new AppSetup
        {
            Prefix = "shop:",
            ConnectionString = network.ConnectionString,
            Options = options => options.EntryFormat = format,
        });
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        using var sent = new MemoryStream();
        network.Tap = bytes =>
        {
            lock (sent)
                sent.Write(bytes.Span);
        };
        foreach (var (method, path) in KillableApp.Requests(0))
            Assert.Equal(200, (int)(await app.SendAsync(method, path)).Status);

        network.Tap = null;
        lock (sent)
            return sent.ToArray();
    }

    /// <summary>Sends, says that there is no more, and waits until the server has taken it in and hung up.</summary>
    private static async Task SendAsync(int port, ReadOnlyMemory<byte> bytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        for (var sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes[sent..]);

        socket.Shutdown(SocketShutdown.Send);
        var answer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(answer) > 0)
        {
        }
    }
}
