using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.Benchmarks;

/// <summary>A redis-server of our own on a free port, without persistence.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly ServerProcess process;
    private readonly string folder;

    private RedisProcess(ServerProcess process, string folder, int port) => (this.process, this.folder, ConnectionString) = (process, folder, $"127.0.0.1:{port}");

    public string ConnectionString { get; }

    public static async Task<RedisProcess> StartAsync()
    {
        var (folder, port) = (Directory.CreateTempSubdirectory("redis-expiry-cache-benchmark-").FullName, FreePort.Next());
        string[] arguments = ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--logfile", Path.Combine(folder, "log")];
        var redis = new RedisProcess(ServerProcess.Start(RedisBinary.Find(), arguments, folder), folder, port);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},connectRetry=20,connectTimeout=2000");
        await connection.GetDatabase().PingAsync();
        return redis;
    }

    public async ValueTask DisposeAsync()
    {
        await process.KillAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
