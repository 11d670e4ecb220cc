using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>How far a connection gets.</summary>
public sealed record CutPoint(bool ToServer, long Bytes);

/// <summary>A network between a client and a server on this machine, which can be slow, silent, cut or closed.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly int _targetPort;
    private readonly CancellationTokenSource _end = new();
    // Also those that have ended: a test makes few, and cutting one twice does nothing.
    private readonly ConcurrentQueue<(ProxiedConnection Connection, Task Running)> _connections = [];
    private readonly Gate _gate = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private readonly LinkSchedule _toServer = new();
    private readonly LinkSchedule _toClient = new();
    private long _delayTicks;
    private long _bytesPerSecond;
    private long _bytesToServer;
    private long _chunksToServer;
    private long _bytesToClient;
    private long _accepted;

    private TcpProxy(int targetPort)
    {
        _targetPort = targetPort;
        Port = Listen();
    }

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>
    /// One way, each way, zero by default: every chunk arrives that much later, in order. It is latency and not bandwidth:
    /// chunks sent together arrive together.
    /// </summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    /// <summary>
    /// The bandwidth each way, shared by all connections; zero (the default): unlimited. Connections alternate by chunks of at
    /// most 64 KiB.
    /// </summary>
    public long BytesPerSecond
    {
        get => Interlocked.Read(ref _bytesPerSecond);
        set => Interlocked.Exchange(ref _bytesPerSecond, value);
    }

    /// <summary>New connections are refused, as by a machine on which nothing listens. Those that exist go on.</summary>
    public bool Refuse
    {
        get => _listener is null;
        set
        {
            if (value)
            {
                StopListening();
            }
            else if (_listener is null)
            {
                Listen(Port);
            }
        }
    }

    /// <summary>Every byte is a packet of its own.</summary>
    public bool ByteByByte { get; set; }

    /// <summary>
    /// Each connection, from now on, is reset once so many bytes have gone that way on it; those before them arrive. Null (the default): none is.
    /// </summary>
    public CutPoint? CutAfter { get; set; }

    /// <summary>What of the server's words is lost on the way, connections staying as they are. Null (the default): nothing.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? Swallow { get; set; }

    /// <summary>Sees what clients send, as it is passed on.</summary>
    public Action<ReadOnlyMemory<byte>>? Tap { get; set; }

    public long BytesToServer => Interlocked.Read(ref _bytesToServer);

    /// <summary>Reads from clients that were passed on: about the number of times that clients flushed.</summary>
    public long ChunksToServer => Interlocked.Read(ref _chunksToServer);

    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    /// <summary>Connections ever accepted.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    public static TcpProxy To(int targetPort) => new(targetPort);

    /// <summary>Holds every byte in both directions. Nobody is told: connections stay open, and new ones are accepted.</summary>
    public void Freeze() => _gate.Close();

    /// <summary>Lets go of what was held.</summary>
    public void Thaw() => _gate.Open();

    /// <summary>All connections stay open and carry nothing any more, as where a firewall has forgotten them. New ones are fine.</summary>
    public void Strand()
    {
        foreach (var (connection, _) in _connections)
        {
            connection.Strand();
        }
    }

    /// <summary>Resets all connections, held bytes and all. New ones are welcome.</summary>
    public void Cut()
    {
        foreach (var (connection, _) in _connections)
        {
            connection.Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        StopListening();
        await _accepting;
        Cut();
        await Task.WhenAll(_connections.Select(one => one.Running));
        _end.Dispose();
    }

    internal Task PassLinkAsync(int bytes, bool toServer, CancellationToken token) =>
        BytesPerSecond is > 0 and var rate ? (toServer ? _toServer : _toClient).PassAsync(bytes, rate, token) : Task.CompletedTask;

    internal Task PassGateAsync(CancellationToken token) => _gate.PassAsync(token);

    internal void CountToServer(ReadOnlyMemory<byte> bytes)
    {
        Tap?.Invoke(bytes);
        Interlocked.Add(ref _bytesToServer, bytes.Length);
        Interlocked.Increment(ref _chunksToServer);
    }

    internal void CountToClient(ReadOnlyMemory<byte> bytes) => Interlocked.Add(ref _bytesToClient, bytes.Length);

    private int Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort.Next();
            try
            {
                Listen(port);
                return port;
            }
            catch (SocketException) when (attempt < 5)
            {
                // Taken meanwhile: the loop tries another.
            }
        }
    }

    private void Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private void StopListening()
    {
        var listener = _listener;
        _listener = null;
        listener?.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _accepted);
                var connection = new ProxiedConnection(this, client);
                _connections.Enqueue((connection, connection.RunAsync(_targetPort, _end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The listener was closed: by Refuse, or because the test is over.
        }
    }
}
