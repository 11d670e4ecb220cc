namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// What MONITOR tells about a server: every command, whoever sent it. Lines arrive a moment after the command was answered,
/// so wait for a line, or call <see cref="CatchUpAsync"/> before saying that a command was not sent.
/// </summary>
public sealed class CommandLog : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<MonitorLine> _lines = [];
    private readonly CancellationTokenSource _end = new();
    private readonly RawConnection _monitor;
    private readonly RawConnection _marker;
    private readonly string _markerAddress;
    private readonly Task _reading;
    private string? _marked;

    private CommandLog(RawConnection monitor, RawConnection marker, string markerAddress)
    {
        _monitor = monitor;
        _marker = marker;
        _markerAddress = markerAddress;
        _reading = ReadAsync();
    }

    /// <summary>All commands so far, in the order in which the server executed them.</summary>
    public IReadOnlyList<MonitorLine> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Without the commands that scripts called: what went over the network.</summary>
    public IReadOnlyList<MonitorLine> ClientLines => [.. Lines.Where(line => !line.IsLua)];

    internal static async Task<CommandLog> OpenAsync(int port, string? password)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var marker = await RawConnection.OpenAsync(port, password, deadline.Token);
        var markerAddress = await AddressOfAsync(marker, deadline.Token);
        var monitor = await RawConnection.OpenAsync(port, password, deadline.Token);
        var reply = await monitor.AskAsync("MONITOR", deadline.Token);
        return reply == "+OK"
            ? new CommandLog(monitor, marker, markerAddress)
            : throw new InvalidOperationException($"MONITOR: {reply}");
    }

    /// <summary>The first line, past or to come, that matches; fails the test when there is none within the deadline.</summary>
    public async Task<MonitorLine> WaitForAsync(Func<MonitorLine, bool> predicate, TimeSpan deadline)
    {
        MonitorLine? found = null;
        await Eventually.True(() => (found = Lines.FirstOrDefault(predicate)) is not null, deadline, "a matching command in the log");
        return found!;
    }

    /// <summary>Returns when the log holds every command that was answered before the call.</summary>
    public async Task CatchUpAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var mark = Some.Word();
        await _marker.AskAsync($"ECHO {mark}", deadline.Token);
        await Eventually.True(() => Volatile.Read(ref _marked) == mark, TimeSpan.FromSeconds(30), "the log of commands to catch up");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _monitor.Dispose();
        _marker.Dispose();
        _end.Dispose();
    }

    private static async Task<string> AddressOfAsync(RawConnection connection, CancellationToken token)
    {
        const string Address = " addr=";
        var about = await connection.AskAsync("CLIENT INFO", token);
        var start = about.IndexOf(Address, StringComparison.Ordinal) + Address.Length;
        return about[start..about.IndexOf(' ', start)];
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                // Without the plus sign of a status reply.
                Add(MonitorLine.Parse((await _monitor.ReadLineAsync(_end.Token))[1..]));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server died or the test is over: either way the log is complete.
        }
    }

    private void Add(MonitorLine line)
    {
        if (line.Source == _markerAddress)
        {
            Volatile.Write(ref _marked, line.Words[^1]);
            return;
        }

        lock (_lock)
        {
            _lines.Add(line);
        }
    }
}
