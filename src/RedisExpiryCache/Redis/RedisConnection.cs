using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisExpiryCache.NearCache;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// One multiplexer, connected at the first use and kept.
/// <para>
/// Failure policy: every wait ends within the call's budget, <see cref="RedisExpiringCacheOptions.OperationTimeout"/> where it has none of its own.
/// No connection in that time is a <see cref="RedisConnectionException"/>, no reply a <see cref="RedisTimeoutException"/>; what Redis itself refuses
/// is thrown as it came. After some failures in a row the circuit opens, and calls end at once. A failed first connection is tried again by the next
/// call, or probe; a lost one comes back by itself, in the client library.
/// </para>
/// </summary>
internal sealed class RedisConnection : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly RedisExpiringCacheOptions options;
    private readonly CallBudget ownBudget;
    private Task<IConnectionMultiplexer>? connecting;

    /// <summary>Why the attempt before this one failed: one that fails more slowly than its callers wait could not tell them.</summary>
    private Exception? lastFailure;
    private volatile IConnectionMultiplexer? connected;
    private volatile bool isCluster;
    private volatile bool behindSentinel;
    private volatile bool disposed;

    public RedisConnection(RedisExpiringCacheOptions options, TimeProvider time, ConnectionReport report)
    {
        this.options = options;
        Report = report;
        ownBudget = new CallBudget(options.OperationTimeout, nameof(RedisExpiringCacheOptions.OperationTimeout));
        Circuits = new Circuits(this, options.CircuitBreaker, options.OperationTimeout < LongestProbe ? options.OperationTimeout : LongestProbe, report);
        Pending = new PendingEvictions(this, report);
        Clock = new ServerClock(this, time);
        Feed = InvalidationFeed.Of(this, options, report);
    }

    public ConnectionReport Report { get; }
    public ServerClock Clock { get; }

    public Circuits Circuits { get; }

    public PendingEvictions Pending { get; }

    public Denials Denials { get; } = new();

    /// <summary>Null where no near cache is wanted.</summary>
    public InvalidationFeed? Feed { get; }

    public NearCopies? Near => Feed?.Copies;

    /// <summary>Null: there was none yet.</summary>
    public IConnectionMultiplexer? Multiplexer => connected;

    public bool IsDisposed => disposed;

    /// <summary>A cluster refuses one command over keys of several slots.</summary>
    public bool IsCluster => isCluster;

    private static TimeSpan Now => Waits.RealTime.GetElapsedTime(0);

    private bool OwnsMultiplexer => options.ConnectionMultiplexerFactory is null;

    /// <summary>Begins to connect, so that the first call need not; nobody waits for it.</summary>
    public void Begin()
    {
        if (!disposed)
            _ = Connecting();
    }

    /// <summary>The way to the server that has the key. Connects when that has not been done, within the time that one call may take.</summary>
    /// <param name="key">Null: it does not matter which server.</param>
    /// <param name="access">What is going to be done there.</param>
    /// <param name="call">Whose time it takes.</param>
    /// <exception cref="RedisConnectionException">There is no connection, or the server's circuit is open.</exception>
    public async ValueTask<RedisRoute> OpenAsync(string? key, Access access, Call call)
    {
        await ReadyAsync(access, call);
        return RouteTo(key, access);
    }

    /// <summary>
    /// Connects when that has not been done, within the time that one call may take. Apart from <see cref="RouteTo"/> for the hot paths: what is awaited takes room
    /// in all that waits, a route more than most.
    /// </summary>
    /// <exception cref="RedisConnectionException">There is no connection.</exception>
    public ValueTask ReadyAsync(Access access, Call call)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(RedisExpiringCache));
        call.Token.ThrowIfCancellationRequested();
        if (Volatile.Read(ref connecting) is { IsCompletedSuccessfully: true })
            return default;

        if (connected is null)
            Circuits.Default.ThrowIfOpen(access, Now);

        return new ValueTask(ConnectedAsync(access, call));
    }

    /// <summary>The way to the server that has the key, once <see cref="ReadyAsync"/> has said that there is a connection.</summary>
    /// <exception cref="RedisConnectionException">The server's circuit is open.</exception>
    public RedisRoute RouteTo(string? key, Access access)
    {
        var multiplexer = connected!;
        var circuit = key is null || !isCluster ? Circuits.Default : Circuits.Of(multiplexer, key);
        if (circuit.IsOpen || circuit.IsOpenForWrites)
            circuit.ThrowIfOpen(access, Now);

        if (behindSentinel && SentinelPrimaries.AreTwo(multiplexer))
            throw RedisFailures.TwoPrimaries();

        return new RedisRoute(this, multiplexer.GetDatabase(), circuit, key, access);
    }

    /// <summary>The same for whoever probes a circuit, open as it is.</summary>
    public async ValueTask<RedisRoute> OpenAsync(EndpointCircuit circuit, Call call)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(RedisExpiringCache));
        await ConnectedAsync(Access.Look, call);
        return new RedisRoute(this, connected!.GetDatabase(), circuit, circuit.ProbeKey, Access.Look);
    }

    /// <summary>Waits for what somebody else asks, who tells the circuit.</summary>
    public ValueTask<T> ForAnswerAsync<T>(Task<T> answer, Call call) => Waits.ForReplyAsync(answer, call, BudgetOf(call));

    /// <summary>
    /// A connection may be silent for good while Redis is not, where somebody between the two has forgotten it; the client library needs a minute or
    /// more to notice. So a second one is made and asked. If it gets an answer, it takes the place of the first; if not, nothing has changed. One
    /// that a factory handed in stays.
    /// </summary>
    /// <exception cref="Exception">The second one got no answer either.</exception>
    public async Task ReplaceSilentAsync(Func<IDatabase, Task> ask, TimeSpan within)
    {
        if (!OwnsMultiplexer || connected is not { } silent)
            return;

        var fresh = await ConnectionMultiplexer.ConnectAsync(ConnectionSettings.Of(options));
        var isTaken = false;
        try
        {
            await ask(fresh.GetDatabase()).WaitAsync(within, Waits.RealTime);
            lock (gate)
            {
                isTaken = connected == silent && !disposed;
                if (isTaken)
                    (connected, connecting) = (fresh, Task.FromResult<IConnectionMultiplexer>(fresh));
            }
        }
        finally
        {
            Waits.Abandon(Task.Run(() => CloseAsync(isTaken ? silent : fresh)));
        }

        if (!isTaken)
            return;

        Watch(fresh);
        Restored(fresh);
        Report.Replaced();
    }

    /// <summary>Whether the call may go on for longer than that.</summary>
    public bool HasTimeFor(TimeSpan pause, Call call) => call.Left(BudgetOf(call).Time) > pause;

    public void Dispose()
    {
        if (Retire() is { } owned)
            owned.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Retire() is { } owned)
            await owned.DisposeAsync();
    }

    public CallBudget BudgetOf(Call call) => call.Budget ?? ownBudget;

    private async Task ConnectedAsync(Access access, Call call)
    {
        var connection = Connecting();
        var since = Stopwatch.GetTimestamp();
        try
        {
            if (!await Waits.ForConnectionAsync(connection, call, BudgetOf(call)))
                throw RedisFailures.NoConnection(BudgetOf(call), lastFailure);
        }
        catch (Exception failure) when (Heard(failure, new RedisRoute(this, null!, Circuits.Default, key: null, access), call, since))
        {
            throw;
        }
    }

    private Task<IConnectionMultiplexer> Connecting()
    {
        lock (gate)
        {
            if (connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                lastFailure = connecting?.Exception?.InnerException;
                connecting = Task.Run(ConnectAsync);
                Waits.Abandon(connecting);
            }

            return connecting;
        }
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var multiplexer = options.ConnectionMultiplexerFactory is { } factory
            ? await factory()
            : await ConnectionMultiplexer.ConnectAsync(ConnectionSettings.Of(options));

        Watch(multiplexer);
        Feed?.Begin();
        bool late;
        lock (gate)
        {
            connected = multiplexer;
            late = disposed;
        }

        if (late && OwnsMultiplexer)
            await multiplexer.DisposeAsync();
        else
            await Clock.AskAsync(new RedisRoute(this, multiplexer.GetDatabase(), Circuits.Default, key: null, Access.Look));

        return multiplexer;
    }

    private static async Task CloseAsync(IConnectionMultiplexer multiplexer)
    {
        await multiplexer.CloseAsync(allowCommandsToComplete: false);
        await multiplexer.DisposeAsync();
    }

    private void Watch(IConnectionMultiplexer multiplexer)
    {
        behindSentinel = SentinelPrimaries.Concern(multiplexer);
        multiplexer.ConnectionRestored += (_, _) => Restored(multiplexer);
        multiplexer.ConfigurationChanged += (_, _) => Learn(multiplexer);
        Learn(multiplexer);
        if (options.ProfilingSession is { } profiling)
            multiplexer.RegisterProfiler(profiling);
    }

    private void Restored(IConnectionMultiplexer multiplexer)
    {
        Clock.Forget();
        Learn(multiplexer);
        Circuits.Hurry();
        Pending.Hurry();
        Feed?.Hurry();
    }

    /// <summary>Once a cluster, always a cluster: a server that is away does not say so.</summary>
    private void Learn(IConnectionMultiplexer multiplexer) =>
        isCluster |= multiplexer.GetEndPoints().Any(endpoint => multiplexer.GetServer(endpoint).ServerType == ServerType.Cluster);

    /// <summary>
    /// An exception filter that tells the circuit and lets the exception pass. A reply that was given hardly any time, because the call had spent its
    /// own before, says nothing about Redis by not coming.
    /// </summary>
    public bool Heard(Exception failure, RedisRoute route, Call call, long since)
    {
        if (failure is TimeoutException && Stopwatch.GetElapsedTime(since) < BudgetOf(call).Time / 2)
            return false;

        var effect = RedisFailures.EffectOf(failure, route.Access == Access.Write, connected?.IsConnected is true);
        if (route.Circuit.Failed(effect, failure, route.Access, route.Key, call.Started, Now))
            _ = Circuits.ProbeAsync(route.Circuit);

        if (route.Access != Access.Look && RedisFailures.DenialIn(failure) is { } word)
        {
            Denials.Note(word);
            Report.Denied(word);
        }

        return false;
    }

    /// <summary>The multiplexer to dispose of: one that a factory handed in stays its owner's.</summary>
    private IConnectionMultiplexer? Retire()
    {
        Feed?.Dispose();
        lock (gate)
        {
            var owned = !disposed && OwnsMultiplexer ? connected : null;
            disposed = true;
            return owned;
        }
    }
}
