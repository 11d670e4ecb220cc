using Garnet;
using Garnet.common;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>An embedded Garnet with Lua: the other server that the data cache promises to work with.</summary>
public sealed class GarnetHost : IDisposable
{
    private readonly GarnetServer _server;

    private GarnetHost(GarnetServer server, int port)
    {
        _server = server;
        Port = port;
    }

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    public static GarnetHost Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Start(FreePort.Next());
            }
            catch (GarnetException e) when (attempt < 5 && e.Message.Contains("AddressAlreadyInUse", StringComparison.Ordinal))
            {
                // The port was taken meanwhile: the loop tries another.
            }
        }
    }

    public void Dispose() => _server.Dispose();

    private static GarnetHost Start(int port)
    {
        // -q: no banner.
        var server = new GarnetServer(
            ["--port", $"{port}", "--bind", "127.0.0.1", "--lua", "true", "--memory", "64m", "--index", "16m", "-q"]);
        try
        {
            server.Start();
            return new GarnetHost(server, port);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }
}
