using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One redis-server process, and beside it a shell that kills it should the test run die first.</summary>
internal sealed class ServerProcess : IDisposable
{
    // The shell reads from a pipe that only this test run holds: a line means "stand down", the end of the pipe means
    // that the run is gone, however it went. It ignores the signals that end a whole process group, because a frozen
    // server does not react to those and would stay behind.
    private const string Watchdog = """trap '' HUP INT TERM; read -r word || { kill -9 "$1"; rm -rf "$2"; }""";

    private readonly Process _server;
    private readonly Process _watchdog;

    private ServerProcess(Process server, Process watchdog)
    {
        _server = server;
        _watchdog = watchdog;
    }

    public int Pid => _server.Id;

    public bool HasExited => _server.HasExited;

    public int ExitCode => _server.ExitCode;

    /// <summary>Once it has exited: what it said before it had a log.</summary>
    public string Errors => _server.StandardError.ReadToEnd();

    /// <param name="directory">Deleted by the watchdog if the test run dies.</param>
    public static ServerProcess Start(string binary, IEnumerable<string> arguments, string directory)
    {
        var server = Process.Start(
            new ProcessStartInfo(binary, arguments) { WorkingDirectory = directory, RedirectStandardError = true })!;
        string[] watch = ["-c", Watchdog, "watchdog", $"{server.Id}", directory];
        var watchdog = Process.Start(new ProcessStartInfo("/bin/sh", watch) { RedirectStandardInput = true })!;
        return new ServerProcess(server, watchdog);
    }

    public void Freeze() => Send(OperatingSystem.IsMacOS() ? 17 : 19);

    public void Thaw() => Send(OperatingSystem.IsMacOS() ? 19 : 18);

    /// <summary>SIGKILL, also to a frozen server; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (!_server.HasExited)
        {
            _server.Kill();
        }

        await WaitAsync();
    }

    /// <summary>SIGTERM: an orderly shutdown that saves what the configuration says to save.</summary>
    public async Task StopAsync()
    {
        if (!_server.HasExited)
        {
            Send(15);
            Thaw();
        }

        await WaitAsync();
    }

    public void Dispose()
    {
        _server.Dispose();
        _watchdog.Dispose();
    }

    private async Task WaitAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        await _server.WaitForExitAsync(deadline.Token);
        if (!_watchdog.HasExited)
        {
            // Before the system may give the pid to somebody else.
            await _watchdog.StandardInput.WriteLineAsync();
            await _watchdog.StandardInput.FlushAsync(deadline.Token);
            await _watchdog.WaitForExitAsync(deadline.Token);
        }
    }

    private void Send(int signal)
    {
        if (SendSignal(_server.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} did not reach redis-server {_server.Id}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int pid, int signal);
}
