using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A plain TCP conversation with a server: no pipelining, no reconnecting, no commands but those asked for.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly StreamReader _reader;

    private RawConnection(TcpClient client)
    {
        _client = client;
        // One byte, one character, so that a bulk string's length in bytes is also its length in characters.
        _reader = new StreamReader(client.GetStream(), Encoding.Latin1);
    }

    public static async Task<RawConnection> OpenAsync(int port, string? password, CancellationToken token)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, token);
            var connection = new RawConnection(client);
            if (password is not null)
            {
                await connection.AskAsync($"AUTH {password}", token);
            }

            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends one command and returns the status line, the error line or the text of the bulk string.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<string> AskAsync(string command, CancellationToken token)
    {
        await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(command + "\r\n"), token);
        var line = await ReadLineAsync(token);
        return line.StartsWith('$') ? await ReadBulkAsync(line, token) : line;
    }

    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<string> ReadLineAsync(CancellationToken token) =>
        await _reader.ReadLineAsync(token) ?? throw new EndOfStreamException("The server closed the connection.");

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }

    private async Task<string> ReadBulkAsync(string header, CancellationToken token)
    {
        var text = new char[int.Parse(header.AsSpan(1), CultureInfo.InvariantCulture)];
        await _reader.ReadBlockAsync(text, token);
        await _reader.ReadLineAsync(token);
        return new string(text);
    }
}
