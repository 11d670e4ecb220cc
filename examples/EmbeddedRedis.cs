using System.Net;
using System.Net.Sockets;
using Garnet;

/// <summary>A Redis-compatible server inside this process, so that an example needs nothing installed.</summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private readonly GarnetServer server;

    private EmbeddedRedis(int port)
    {
        Port = port;
        server = new GarnetServer(["-q", "--port", $"{port}", "--bind", "127.0.0.1", "--lua", "true", "--memory", "64m", "--index", "16m"]);
        server.Start();
    }

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <param name="port">0: one that is free.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static EmbeddedRedis Start(int port = 0)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return new EmbeddedRedis(port);
    }

    public void Dispose() => server.Dispose();
}
