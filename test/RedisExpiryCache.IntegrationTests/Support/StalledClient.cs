using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A client that sends one GET and never reads the body of its answer.</summary>
internal sealed class StalledClient : IDisposable
{
    private const byte Settings = 4, Headers = 1, EndOfStreamAndHeaders = 5;

    private readonly Socket _socket;

    private StalledClient(Socket socket) => _socket = socket;

    /// <summary>HTTP/1.1, with the smallest buffer there is: a body of some MiB does not fit.</summary>
    public static Task<StalledClient> GetAsync(Uri address, string path) =>
        SendAsync(address, Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: app.example\r\n\r\n"));

    /// <summary>HTTP/2 with a window of zero: the server may send header fields and no byte of a body.</summary>
    public static Task<StalledClient> GetHttp2Async(Uri address, string path, params (string Name, string Value)[] fields)
    {
        byte[] initialWindow = [0, 4, 0, 0, 0, 0];

        // RFC 7541: ":method: GET" and ":scheme: http" by index; ":path" and ":authority" as literals.
        byte[] start = [0x82, 0x86, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 11, .. "app.example"u8];
        byte[] block = [.. start, .. fields.SelectMany(LiteralOf)];
        return SendAsync(
            address,
            [
                .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
                .. Frame(Settings, 0, 0, initialWindow),
                .. Frame(Headers, EndOfStreamAndHeaders, 1, block),
            ]);
    }

    public void Dispose() => _socket.Dispose();

    private static async Task<StalledClient> SendAsync(Uri address, byte[] bytes)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        await socket.SendAsync(bytes);
        return new StalledClient(socket);
    }

    private static byte[] LiteralOf((string Name, string Value) field) =>
    [
        0, (byte)field.Name.Length, .. Encoding.ASCII.GetBytes(field.Name),
        (byte)field.Value.Length, .. Encoding.ASCII.GetBytes(field.Value),
    ];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
