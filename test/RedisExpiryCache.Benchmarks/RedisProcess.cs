using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.Benchmarks;

/// <summary>A redis-server of our own on a free port, without persistence.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly ServerProcess process;
    private readonly string folder;
    private readonly ConnectionMultiplexer connection;

    private RedisProcess(ServerProcess process, string folder, ConnectionMultiplexer connection) =>
        (this.process, this.folder, this.connection) = (process, folder, connection);

    public string ConnectionString => $"{connection.GetEndPoints()[0]}";

    public static async Task<RedisProcess> StartAsync()
    {
        var (folder, port) = (Directory.CreateTempSubdirectory("redis-expiry-cache-benchmark-").FullName, FreePort.Next());
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--logfile", Path.Combine(folder, "log")];
        var process = ServerProcess.Start(RedisBinary.Find(), arguments, folder);
        return new RedisProcess(process, folder, await ConnectAsync(process, port));
    }

    /// <summary>In bytes, as Redis itself says.</summary>
    public async Task<long> UsedMemoryAsync()
    {
        var sections = await connection.GetServers()[0].InfoAsync("memory");
        return long.Parse(sections.Single().Single(static figure => figure.Key == "used_memory").Value, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await process.KillAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(ServerProcess process, int port)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (true)
        {
            try
            {
                return await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},allowAdmin=true,connectTimeout=2000");
            }
            catch (RedisConnectionException) when (!process.HasExited)
            {
                // It does not listen yet.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
            }
        }
    }
}
