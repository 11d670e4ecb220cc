using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// A door in front of a real Redis, at which any command may be answered otherwise, or not at all. So each error that Redis can give is to be had, at any command and
/// for as long as a test wants, and all else is as ever.
/// </summary>
internal sealed class RedisDoor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _targetPort;
    private readonly Task _accepting;
    private volatile Func<string, string?> _answer = static _ => null;
    private long _answered;

    private RedisDoor(int targetPort)
    {
        _targetPort = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string ConnectionString => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port},protocol=resp2";

    /// <summary>How often the door has answered itself.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>
    /// The reply to a command (in upper case): an error in Redis' own words, or a whole reply of RESP2 that is none; null: pass the
    /// command on. What the client library sends first always passes.
    /// </summary>
    public Func<string, string?> Answer
    {
        set => _answer = value;
    }

    public static RedisDoor To(RedisServer server) => new(server.Port);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }

        await Task.WhenAll(connections);
    }

    /// <summary>One command after the other: so the answers keep the order of the questions.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _targetPort, _end.Token);
                client.NoDelay = server.NoDelay = true;
                var (toClient, toServer) = (client.GetStream(), server.GetStream());
                await using var asked = new BufferedStream(client.GetStream());
                await using var said = new BufferedStream(server.GetStream());
                while (await ReadAsync(asked) is { Length: > 0 } command)
                {
                    var name = NameOf(command);
                    if (IsOfHandshake(name) || _answer(name) is not { } error)
                    {
                        await toServer.WriteAsync(command, _end.Token);
                        await toClient.WriteAsync(await ReadAsync(said), _end.Token);
                        continue;
                    }

                    Interlocked.Increment(ref _answered);
                    var reply = error[0] is '$' or '*' or ':' or '+' ? error : $"-{error}\r\n";
                    await toClient.WriteAsync(Encoding.ASCII.GetBytes(reply), _end.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // One of the two has hung up, or the test is over.
            }
        }
    }

    private static bool IsOfHandshake(string name) =>
        name is "HELLO" or "AUTH" or "CLIENT" or "CONFIG" or "INFO" or "ECHO" or "CLUSTER" or "SENTINEL" or "SUBSCRIBE" or "SCRIPT";

    /// <summary>The bytes of one RESP2 value; none at the end of the stream.</summary>
    private async Task<byte[]> ReadAsync(Stream stream)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var values = 1; values > 0; values--)
        {
            var at = bytes.WrittenCount;
            if (!await ReadLineAsync(stream, bytes))
                return [];

            var line = Encoding.ASCII.GetString(bytes.WrittenSpan[at..]);
            var count = line[0] is '$' or '*' ? int.Parse(line.AsSpan(1), NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) : 0;
            if (line[0] == '*' && count > 0)
                values += count;

            if (line[0] == '$' && count >= 0)
            {
                await stream.ReadExactlyAsync(bytes.GetMemory(count + 2)[..(count + 2)], _end.Token);
                bytes.Advance(count + 2);
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    private async Task<bool> ReadLineAsync(Stream stream, ArrayBufferWriter<byte> bytes)
    {
        var one = new byte[1];
        do
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
                return false;

            bytes.Write(one);
        }
        while (one[0] != '\n');

        return true;
    }

    /// <summary>*2␍␊$3␍␊GET␍␊…: the second bulk string is what the command is about.</summary>
    private static string NameOf(byte[] command)
    {
        var lines = Encoding.Latin1.GetString(command).Split("\r\n", 4);
        return lines[2].ToUpperInvariant();
    }
}
