using System.Net;
using System.Net.Sockets;
using Garnet;
using StackExchange.Redis;

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
        var redis = new EmbeddedRedis(port);
        redis.WarmUp();
        return redis;
    }

    public void Dispose() => server.Dispose();

    /// <summary>A server that is part of the process compiles each command at its first use; a Redis of its own has done that long ago.</summary>
    private void WarmUp()
    {
        using var connection = ConnectionMultiplexer.Connect($"{ConnectionString},syncTimeout=30000,connectTimeout=30000");
        var database = connection.GetDatabase();
        database.ScriptEvaluate("redis.call('SET', KEYS[1], 'x', 'PX', 1) return redis.call('PTTL', KEYS[1])", ["warm-up"]);
        database.StringSet("warm-up", "x", TimeSpan.FromMilliseconds(1), When.NotExists);
        database.StringGet(["warm-up", "warm-up"]);
        database.KeyDelete("warm-up");
    }
}
