using System.Diagnostics;

namespace RedisExpiryCache.BrowserTests.Support;

/// <summary>A shell that kills processes by their ids, and deletes their folder, should the test run die before it has done so.</summary>
internal sealed class Watchdog : IDisposable
{
    // It reads from a pipe that only this test run holds: a line means "stand down", the end of the pipe means that the run is gone, however it went.
    private const string Script = """trap '' HUP INT TERM; folder=$1; shift; read -r word || { kill -9 "$@"; rm -rf "$folder"; }""";

    private readonly Process shell;

    public Watchdog(string folder, params int[] pids)
    {
        string[] arguments = ["-c", Script, "watchdog", folder, .. pids.Select(static pid => $"{pid}")];
        shell = Process.Start(new ProcessStartInfo("/bin/sh", arguments) { RedirectStandardInput = true })!;
    }

    /// <summary>To be called before the system may give a pid to somebody else.</summary>
    public void Dispose()
    {
        shell.StandardInput.WriteLine();
        shell.StandardInput.Flush();
        shell.WaitForExit();
        shell.Dispose();
    }
}
