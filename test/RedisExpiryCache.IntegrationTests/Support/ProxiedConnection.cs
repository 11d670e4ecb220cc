using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One client of a <see cref="TcpProxy"/> and its connection to the server.</summary>
internal sealed class ProxiedConnection(TcpProxy proxy, Socket client) : IDisposable
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private volatile bool _isStranded;

    /// <summary>Returns when the connection has ended, however it did.</summary>
    public async Task RunAsync(int targetPort, CancellationToken token)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(IPAddress.Loopback, targetPort, token);
            await Task.WhenAll(
                CarryAsync(client, _server, toServer: true, token),
                CarryAsync(_server, client, toServer: false, token));
            Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, or was cut: the other side learns it from the reset.
            Cut();
        }
    }

    /// <summary>Swallows whatever comes from now on, and tells nobody.</summary>
    public void Strand() => _isStranded = true;

    /// <summary>Resets both sides.</summary>
    public void Cut()
    {
        client.Close(timeout: 0);
        _server.Close(timeout: 0);
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private async Task CarryAsync(Socket from, Socket to, bool toServer, CancellationToken token)
    {
        // What was read and when it is due. Reading goes on while earlier chunks wait: that is what makes it latency.
        var underway = Channel.CreateUnbounded<(byte[] Chunk, long Due)>();
        try
        {
            await Task.WhenAll(ReadAsync(from, underway.Writer, token), WriteAsync(underway.Reader, to, toServer, token));
        }
        catch
        {
            // The opposite direction would never notice by itself.
            Cut();
            throw;
        }
    }

    private async Task ReadAsync(Socket from, ChannelWriter<(byte[] Chunk, long Due)> underway, CancellationToken token)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReceiveAsync(buffer, token) is > 0 and var length)
            {
                var delay = (long)(proxy.Delay.TotalSeconds * Stopwatch.Frequency);
                underway.TryWrite((buffer[..length], Stopwatch.GetTimestamp() + delay));
                await proxy.PassGateAsync(token);
            }
        }
        finally
        {
            underway.Complete();
        }
    }

    private async Task WriteAsync(
        ChannelReader<(byte[] Chunk, long Due)> underway, Socket to, bool toServer, CancellationToken token)
    {
        Action<ReadOnlyMemory<byte>> count = toServer ? proxy.CountToServer : proxy.CountToClient;
        var passed = 0L;
        await foreach (var (chunk, due) in underway.ReadAllAsync(token))
        {
            // In a loop, because a timer may be a little early and the delay is promised as a lower bound.
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, TimeProvider.System, token);
            }

            await proxy.PassLinkAsync(chunk.Length, toServer, token);
            await proxy.PassGateAsync(token);
            if (_isStranded || (!toServer && proxy.Swallow?.Invoke(chunk) is true))
            {
                continue;
            }

            var left = proxy.CutAfter is { } cut && cut.ToServer == toServer ? Math.Max(0, cut.Bytes - passed) : long.MaxValue;
            var whole = chunk.Length <= left;
            var passing = whole ? chunk : chunk.AsMemory(0, (int)left);
            await SendAsync(to, passing, token);
            count(passing);
            passed += passing.Length;
            if (!whole)
            {
                // At once: whoever reads from the other side waits for bytes that nobody is going to send.
                Cut();
                throw new SocketException((int)SocketError.ConnectionReset);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await to.SendAsync(proxy.ByteByByte ? bytes.Slice(sent, 1) : bytes[sent..], token);
        }
    }
}
