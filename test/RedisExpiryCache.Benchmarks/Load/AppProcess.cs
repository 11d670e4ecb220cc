using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>A <see cref="BenchmarkApp"/> in a process of its own.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServerProcess process;
    private readonly string folder;
    private readonly HttpClient client;

    private AppProcess(ServerProcess process, string folder, int port)
    {
        (this.process, this.folder) = (process, folder);
        client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    public Uri Address => client.BaseAddress!;

    public static async Task<AppProcess> StartAsync(Candidate candidate, string redis)
    {
        var (folder, port) = (Directory.CreateTempSubdirectory("redis-expiry-cache-benchmark-").FullName, FreePort.Next());
        var program = Path.Combine(AppContext.BaseDirectory, $"{typeof(AppProcess).Assembly.GetName().Name}.dll");
        var app = new AppProcess(ServerProcess.Start("dotnet", [program, BenchmarkApp.Verb, $"{candidate}", $"{port}", redis], folder), folder, port);
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await app.AnswersAsync())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);

        return app;
    }

    public async Task<long> AllocatedAsync() => long.Parse(await client.GetStringAsync(new Uri("/allocated", UriKind.Relative)), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await process.KillAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await AllocatedAsync();
            return true;
        }
        catch (HttpRequestException) when (!process.HasExited)
        {
            return false;
        }
    }
}
