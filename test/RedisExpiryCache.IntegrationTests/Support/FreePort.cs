using System.Net;
using System.Net.Sockets;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Loopback ports for servers that tests kill and bring back.</summary>
public static class FreePort
{
    // Below the range from which the system takes the source ports of outgoing connections. A client that keeps trying
    // to reach a dead server in that range sooner or later connects to itself, and then holds the port when the
    // server returns. It also leaves room for the cluster bus, which sits 10,000 above.
    private const int First = 12_000;
    private const int Last = 31_999;

    /// <summary>A port that was free a moment ago: whoever binds it must be ready to ask for another.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
