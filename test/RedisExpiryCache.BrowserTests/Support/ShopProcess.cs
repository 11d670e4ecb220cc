using System.Diagnostics;
using System.Text;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.BrowserTests.Support;

/// <summary>An instance of the example Shop, as it was built, in a process of its own.</summary>
internal sealed class ShopProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>The machines that run this are slow, and a process that starts is cold: more than a second for Redis.</summary>
    private static readonly string[] Patiently = ["--Cache:OperationTimeout", "00:00:05", "--Cache:ResponseCaching:OperationTimeout", "00:00:05"];

    private readonly Process process;
    private readonly Watchdog watchdog;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ShopProcess(string folder, string[] arguments)
    {
        // The examples are built as the tests are: …/bin/Debug/net10.0. Its style sheet and script lie beside its source.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var source = Path.Combine(Repository.Root, "examples", "Shop");
        process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Path.Combine(source, "bin", built.Parent!.Name, built.Name, "Shop.dll"), "--folder", folder, .. Patiently, .. arguments])
            {
                WorkingDirectory = source,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__Redis"] = null, ["ConnectionStrings__Shop"] = null },
            },
        };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Start();
        watchdog = new Watchdog(folder, process.Id);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; private set; } = null!;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <param name="redis">Its connection string.</param>
    /// <param name="folder">Of the database and the keys.</param>
    public static async Task<ShopProcess> StartAsync(string redis, string folder)
    {
        var shop = new ShopProcess(folder, ["--urls", "http://127.0.0.1:0", "--ConnectionStrings:Redis", redis]);
        try
        {
            shop.Address = await shop.address.Task.WaitAsync(Patience, TimeProvider.System);
            return shop;
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            await shop.DisposeAsync();
            throw new InvalidOperationException($"The Shop did not start: {shop.Output}", failure);
        }
    }

    /// <summary>For one that is expected to give up.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string folder, params string[] arguments)
    {
        await using var shop = new ShopProcess(folder, arguments);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await shop.process.WaitForExitAsync(limit.Token);
        return (shop.process.ExitCode, shop.Output);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();

        await process.WaitForExitAsync();
        watchdog.Dispose();
        process.Dispose();
    }

    private void Take(string? line)
    {
        // The end of its output.
        if (line is null)
        {
            address.TrySetCanceled();
            return;
        }

        lock (output)
            output.AppendLine(line);

        if (line.Split("listens on") is [_, var listening])
            address.TrySetResult(new Uri(listening.Trim()));
    }
}
