using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>A <see cref="NearApp"/> in a process of its own, behind a network of its own.</summary>
internal sealed class NearProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    // The shell wakes it again also if the test run dies meanwhile: stopped, it would not notice and stay behind.
    private const string Nap = """trap '' HUP INT TERM; kill -STOP "$1" && sleep "$2"; kill -CONT "$1" """;

    private readonly Process _process;

    private NearProcess(TcpProxy network, Process process) => (Network, _process) = (network, process);

    public TcpProxy Network { get; }

    /// <summary>Its near cache is in use by the time that this returns.</summary>
    public static async Task<NearProcess> StartAsync(RedisServer server, string prefix, string board)
    {
        var program = Path.Combine(AppContext.BaseDirectory, $"{typeof(NearProcess).Assembly.GetName().Name}.dll");
        var network = TcpProxy.To(server.Port);
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, NearApp.Verb, network.ConnectionString, prefix, board])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var app = new NearProcess(network, process);
        try
        {
            await app.IsDoneAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async Task PollAsync()
    {
        await SayAsync(NearApp.Poll);
        await IsDoneAsync();
    }

    /// <summary>Ends what <see cref="PollAsync"/> began.</summary>
    public async Task<NearLatency> LatencyAsync()
    {
        await SayAsync(NearApp.Latency);
        return JsonSerializer.Deserialize<NearLatency>(await HearAsync())!;
    }

    public async Task ReadAsync()
    {
        await SayAsync(NearApp.Read);
        await IsDoneAsync();
    }

    /// <summary>Returns when reads find copies again.</summary>
    public async Task SettleAsync()
    {
        await SayAsync(NearApp.Settle);
        await IsDoneAsync();
    }

    /// <summary>Ends what <see cref="ReadAsync"/> began.</summary>
    public async Task<NearReport> ReportAsync()
    {
        await SayAsync(NearApp.Report);
        return JsonSerializer.Deserialize<NearReport>(await HearAsync())!;
    }

    /// <summary>Stops the process (SIGSTOP), and wakes it again after that time.</summary>
    public async Task NapAsync(TimeSpan time)
    {
        using var shell = Process.Start("/bin/sh", ["-c", Nap, "nap", $"{_process.Id}", time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)]);
        await shell.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        _process.Dispose();
        await Network.DisposeAsync();
    }

    private async Task SayAsync(string order)
    {
        await _process.StandardInput.WriteLineAsync(order);
        await _process.StandardInput.FlushAsync();
    }

    private async Task IsDoneAsync()
    {
        if (await HearAsync() is var word && word != NearApp.Done)
            throw new InvalidOperationException($"The app said '{word}'.");
    }

    private async Task<string> HearAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience, TimeProvider.System) ?? throw new InvalidOperationException("The app is gone.");
}
