using System.Diagnostics;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>The example EdgeCache, as it was built, in a process of its own.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EdgeProcess(string[] arguments)
    {
        // The examples are built as the tests are: …/bin/Debug/net10.0.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "examples", "EdgeCache", "bin", built.Parent!.Name, built.Name, "EdgeCache.dll");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__Redis"] = null },
            },
        };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Once it listens, a client for it that adds nothing of its own.</summary>
    public static async Task<(EdgeProcess Edge, HttpClient Client)> StartAsync(Uri origin)
    {
        // The machines that run this are slow, and the first request finds everything cold.
        var edge = new EdgeProcess(["--origin", origin.ToString(), "--urls", "http://127.0.0.1:0", "--Cache:OperationTimeout", "00:00:10", "--Cache:ResponseCaching:OperationTimeout", "00:00:10"]);
        try
        {
            var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
            return (edge, new HttpClient(handler) { BaseAddress = await edge._address.Task.WaitAsync(Patience, TimeProvider.System) });
        }
        catch (TimeoutException late)
        {
            await edge.DisposeAsync();
            throw new TimeoutException($"EdgeCache did not start: {edge.Output}", late);
        }
    }

    /// <summary>For one that is expected to give up at once.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var edge = new EdgeProcess(arguments);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await edge._process.WaitForExitAsync(limit.Token);
        return (edge._process.ExitCode, edge.Output);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;

        lock (_output)
            _output.AppendLine(line);

        if (line.Split("listens on") is [_, var address])
            _address.TrySetResult(new Uri(address.Trim()));
    }
}
