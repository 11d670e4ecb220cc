using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Topology;
using RedisExpiryCache.Redis.Tracking;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>One multiplexer, connected at its first use and kept.</summary>
/// <remarks>
/// Failure policy: every call ends within its budget, <see cref="RedisExpiringCacheOptions.OperationTimeout"/> unless it has its own.
/// No connection in that time is a <see cref="RedisConnectionException"/>, no reply a <see cref="RedisTimeoutException"/>.
/// Errors of Redis are thrown unchanged. After several failures in a row the circuit opens, and calls fail at once.
/// </remarks>
internal sealed class RedisConnection : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly RedisExpiringCacheOptions options;
    private readonly TimeLimit ownBudget;
    private readonly RedisConnection? main;
    private Task<IConnectionMultiplexer>? connecting;

    /// <summary>Why the attempt before this one failed: one that fails more slowly than its callers wait could not tell them.</summary>
    private Exception? lastFailure;
    private volatile IConnectionMultiplexer? connected;
    private volatile bool isCluster;
    private volatile bool behindSentinel;
    private volatile bool disposed;

    public RedisConnection(RedisExpiringCacheOptions options, TimeProvider time, ConnectionTelemetry report)
    {
        this.options = options;
        Telemetry = report;
        ownBudget = new TimeLimit(options.OperationTimeout, nameof(RedisExpiringCacheOptions.OperationTimeout));
        Circuits = new CircuitBreakers(this, options.CircuitBreaker, ProbeTime, report, CircuitScope.All);
        Pending = new Tombstones(this, report);
        Clock = new ServerClock(this, time);
        Feed = InvalidationFeed.Of(this, options, report);
        Large = new LargeValues(this, report);
        MultiplexerConfiguration.ApplyToProcess(options);
    }

    private RedisConnection(RedisConnection main)
    {
        (this.main, options, Telemetry, ownBudget) = (main, main.options, main.Telemetry, main.ownBudget);
        (Pending, Clock, AuthorizationErrors) = (main.Pending, main.Clock, main.AuthorizationErrors);
        Circuits = new CircuitBreakers(this, options.CircuitBreaker, ProbeTime, Telemetry, CircuitScope.Large);
        Large = null!; // The main connection alone has large values.
    }

    public ConnectionTelemetry Telemetry { get; }
    public ServerClock Clock { get; }
    public CircuitBreakers Circuits { get; }
    public Tombstones Pending { get; }
    public AuthorizationErrors AuthorizationErrors { get; } = new();
    public ColdStart Cold { get; } = new();
    public LargeValues Large { get; }
    public BackgroundWork? Trailing => options.Trailing;

    /// <summary>Whether small commands share a handed-in multiplexer with large values that are in flight.</summary>
    public bool WaitsBehindLargeValues => main is null && !OwnsMultiplexer && Large.IsBusy;

    /// <summary>Null where no near cache is wanted.</summary>
    public InvalidationFeed? Feed { get; }

    public NearCopies? Near => (main ?? this).Feed?.Copies;

    /// <summary>Null: there was none yet.</summary>
    public IConnectionMultiplexer? Multiplexer => connected;
    public bool IsDisposed => disposed;
    public RedisExpiringCacheOptions Options => options;

    /// <summary>Whether it is connected here; else the application hands a connection in.</summary>
    public bool OwnsMultiplexer => options.ConnectionMultiplexerFactory is null;

    /// <summary>A cluster refuses one command over keys of several slots.</summary>
    public bool IsCluster => isCluster;
    public static TimeSpan Now => ReplyAwaiter.RealTime.GetElapsedTime(0);
    private TimeSpan ProbeTime => options.OperationTimeout < LongestProbe ? options.OperationTimeout : LongestProbe;

    private ConfigurationOptions Settings =>
        main is null ? MultiplexerConfiguration.Of(options) : MultiplexerConfiguration.OfLargeValues(options);

    /// <summary>A second connection to the same Redis, connected at its first use, with circuits of its own.</summary>
    public static RedisConnection ForLargeValues(RedisConnection main) => new(main);

    /// <summary>Begins to connect, so that the first call need not.</summary>
    /// <returns>Ends with the first attempt; Redis may be found later all the same.</returns>
    public Task Begin() => disposed ? Task.CompletedTask : Connecting();

    /// <summary>
    /// The way to the server that has the key. Connects when that has not been done, within the time that one call may take.
    /// </summary>
    /// <param name="key">Null: it does not matter which server.</param>
    /// <param name="access">What is going to be done there.</param>
    /// <param name="call">Whose time it takes.</param>
    /// <exception cref="RedisConnectionException">There is no connection, or the server's circuit is open.</exception>
    public async ValueTask<RedisRoute> OpenAsync(string? key, Access access, OperationContext call)
    {
        await ReadyAsync(access, call);
        return RouteTo(key, access);
    }

    /// <summary>
    /// Connects when that has not been done, within the time that one call may take. Apart from <see cref="RouteTo"/> for the hot paths:
    /// what is awaited takes room in all that waits, a route more than most.
    /// </summary>
    /// <exception cref="RedisConnectionException">There is no connection.</exception>
    public ValueTask ReadyAsync(Access access, OperationContext call)
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
        // A change of a key whose large write is still on its way must not overtake it.
        if (access == Access.Write && main is null && Large.HasUnsettledWrites && key is not null && Large.HasUnsettledWrite(key))
            return Large.Connection.RouteTo(key, access);

        return new RedisRoute(this, connected!.GetDatabase(), ThrowIfClosedTo(key, access), key, access);
    }

    /// <returns>The circuit of the server that has the key.</returns>
    /// <exception cref="RedisConnectionException">It is open.</exception>
    public EndpointCircuitBreaker ThrowIfClosedTo(string? key, Access access)
    {
        var multiplexer = connected!;
        var circuit = key is null || !isCluster ? Circuits.Default : Circuits.Of(multiplexer, key);
        if (circuit.IsOpen || circuit.IsOpenForWrites)
            circuit.ThrowIfOpen(access, Now);

        if (behindSentinel && SplitBrainGuard.HasTwoPrimaries(multiplexer))
            throw RedisFailures.TwoPrimaries();

        return circuit;
    }

    /// <summary>The route for a probe, whether or not the circuit is open.</summary>
    public async ValueTask<RedisRoute> OpenAsync(EndpointCircuitBreaker circuit, OperationContext call)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(RedisExpiringCache));
        await ConnectedAsync(Access.Probe, call);
        return new RedisRoute(this, connected!.GetDatabase(), circuit, circuit.ProbeKey, Access.Probe);
    }

    /// <summary>Waits for what somebody else asks, who tells the circuit.</summary>
    public ValueTask<T> AwaitSharedAsync<T>(Task<T> answer, OperationContext call) =>
        ReplyAwaiter.ForReplyAsync(answer, call, TimeLimitOf(call));

    /// <summary>Replaces a silent connection, if Redis answers on a new one. One that a factory handed in stays.</summary>
    /// <exception cref="Exception">The new one got no answer either.</exception>
    public async Task ReplaceSilentAsync(Func<IDatabase, Task> ask, TimeSpan within)
    {
        if (!OwnsMultiplexer || connected is not { } silent)
            return;

        if (await SilentConnectionReplacement.TryReplaceAsync(silent, Settings, ask, within, TryTake) is not { } fresh)
            return;

        Watch(fresh);
        Restored(fresh);
        Telemetry.Replaced();
    }

    /// <summary>Whether the call may go on for longer than that.</summary>
    public bool HasTimeFor(TimeSpan pause, OperationContext call) => call.Left(TimeLimitOf(call).Time) > pause;

    public void Dispose()
    {
        (main is null ? Large : null)?.Dispose();
        if (Retire() is { } owned)
            owned.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (main is null)
            await Large.DisposeAsync();

        if (Retire() is { } owned)
            await owned.DisposeAsync();
    }

    public TimeLimit TimeLimitOf(OperationContext call) =>
        call.Limit is { } own && !(own.IsLongerWhenCold && own.Time < ownBudget.Time && !Cold.IsOver) ? own : ownBudget;

    private async Task ConnectedAsync(Access access, OperationContext call)
    {
        var connection = Connecting();
        var since = Stopwatch.GetTimestamp();
        try
        {
            if (!await ReplyAwaiter.ForConnectionAsync(connection, call, TimeLimitOf(call)))
                throw RedisFailures.NoConnection(TimeLimitOf(call), lastFailure);
        }
        catch (Exception failure) when (Circuits.RecordFailure(failure, NoRoute(access), call, since))
        {
            throw;
        }
    }

    private RedisRoute NoRoute(Access access) => new(this, null!, Circuits.Default, key: null, access);

    private Task<IConnectionMultiplexer> Connecting()
    {
        lock (gate)
        {
            if (connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                lastFailure = connecting?.Exception?.InnerException;
                connecting = ExecutionContextFlow.Run(ConnectAsync);
                ReplyAwaiter.Abandon(connecting);
            }

            return connecting;
        }
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var multiplexer = options.ConnectionMultiplexerFactory is { } factory
            ? await (main?.Connecting() ?? factory())
            : await ConnectionMultiplexer.ConnectAsync(Settings);

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
        else if (main is null)
            await Task.WhenAll(
                Clock.AskAsync(new RedisRoute(this, multiplexer.GetDatabase(), Circuits.Default, null, Access.Probe)),
                ScriptLoader.LoadAsync(this, multiplexer));

        return multiplexer;
    }

    private bool TryTake(IConnectionMultiplexer silent, IConnectionMultiplexer fresh)
    {
        lock (gate)
        {
            if (connected != silent || disposed)
                return false;

            (connected, connecting) = (fresh, Task.FromResult(fresh));
            return true;
        }
    }

    private void Watch(IConnectionMultiplexer multiplexer)
    {
        behindSentinel = SplitBrainGuard.Concern(multiplexer);
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
        Circuits.ProbeNow();
        Pending.RetryNow();
        Feed?.ConnectNow();
    }

    /// <summary>Once a cluster, always a cluster: a server that is away does not say so.</summary>
    private void Learn(IConnectionMultiplexer multiplexer) =>
        isCluster |= multiplexer.GetEndPoints().Any(endpoint => multiplexer.GetServer(endpoint).ServerType == ServerType.Cluster);

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
