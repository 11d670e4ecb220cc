using System.Diagnostics;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>A <see cref="KillableApp"/> in a process of its own.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private AppProcess(Process process) => _process = process;

    public HttpClient Client { get; private set; } = null!;

    public static async Task<AppProcess> StartAsync(string connectionString, string prefix, EntryFormat format)
    {
        var program = Path.Combine(AppContext.BaseDirectory, $"{typeof(AppProcess).Assembly.GetName().Name}.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, KillableApp.Verb, connectionString, prefix, $"{format}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var app = new AppProcess(process);
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience, TimeProvider.System);
            var address = line?.Split("listens on ") is [_, var found] ? found : throw new InvalidOperationException($"The app said '{line}'.");
            app.Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address), Timeout = Patience };
            return app;
        }
        catch
        {
            await app.KillAsync();
            throw;
        }
    }

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Client.Dispose();
        _process.Dispose();
    }
}
