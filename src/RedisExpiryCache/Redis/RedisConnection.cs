using System.Diagnostics;
using System.Net;
using System.Runtime.ExceptionServices;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// One multiplexer, connected at the first use and kept.
/// <para>
/// Failure policy: every wait ends within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>. No connection in that time is a
/// <see cref="RedisConnectionException"/>, no reply a <see cref="RedisTimeoutException"/>; what Redis itself refuses is thrown as it
/// came. A failed first connection is tried again by the next call; a lost one comes back by itself, in the client library.
/// </para>
/// </summary>
internal sealed class RedisConnection : IDisposable, IAsyncDisposable
{
    // Timers of a network guard follow real time, also where an app hands in a clock of its own.
    private static readonly TimeProvider RealTime = TimeProvider.System;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly RedisExpiringCacheOptions options;
    private readonly TimeSpan timeout;
    private Task<IConnectionMultiplexer>? connecting;

    /// <summary>Why the attempt before this one failed: one that fails more slowly than its callers wait could not tell them.</summary>
    private Exception? lastFailure;
    private IConnectionMultiplexer? connected;
    private volatile bool disposed;

    public RedisConnection(RedisExpiringCacheOptions options, TimeProvider time)
    {
        this.options = options;
        timeout = options.OperationTimeout;
        Clock = new ServerClock(this, time);
    }

    public ServerClock Clock { get; }

    /// <summary>The database to send to. Connects when that has not been done, within the time that one call may take.</summary>
    public async ValueTask<IDatabase> OpenAsync(Call call)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(RedisExpiringCache));
        call.Token.ThrowIfCancellationRequested();
        var connection = Connecting();
        if (!connection.IsCompletedSuccessfully)
            await WaitForConnection(connection, call);

        return (await connection).GetDatabase();
    }

    /// <summary>Waits for a reply.</summary>
    public async ValueTask<T> Complete<T>(Task<T> reply, Call call)
    {
        if (reply.IsCompleted)
            return await reply;

        if (call.Blocking)
            return WaitBlocking(reply, call) ? reply.GetAwaiter().GetResult() : throw TimedOut(reply);

        try
        {
            return await reply.WaitAsync(call.Left(timeout), RealTime, call.Token);
        }
        catch (TimeoutException expired) when (IsOurs(expired, reply))
        {
            throw TimedOut(reply);
        }
        catch (OperationCanceledException)
        {
            Abandon(reply);
            throw;
        }
    }

    /// <summary>A cluster refuses one command over keys of several slots.</summary>
    public static bool IsCluster(IDatabase database)
    {
        var multiplexer = database.Multiplexer;
        var endpoints = multiplexer.GetEndPoints();
        return endpoints.Length > 0 && multiplexer.GetServer(endpoints[0]).ServerType == ServerType.Cluster;
    }

    /// <summary>
    /// A redis:// URL is none, though it can be parsed as one: as a host of that whole name, password included, which the client library
    /// would then say in its exceptions.
    /// </summary>
    public static bool IsConnectionString(string configuration)
    {
        try
        {
            var endPoints = ConfigurationOptions.Parse(configuration).EndPoints;
            return endPoints.Count > 0 && !endPoints.OfType<DnsEndPoint>().Any(static point => point.Host.AsSpan().ContainsAny("@/;= "));
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }

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

    private Task<IConnectionMultiplexer> Connecting()
    {
        lock (gate)
        {
            if (connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                lastFailure = connecting?.Exception?.InnerException;
                connecting = Task.Run(ConnectAsync);
                Abandon(connecting);
            }

            return connecting;
        }
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var multiplexer = options.ConnectionMultiplexerFactory is { } factory
            ? await factory()
            : await ConnectionMultiplexer.ConnectAsync(OwnConfiguration());

        multiplexer.ConnectionRestored += (_, _) => Clock.Forget();
        if (options.ProfilingSession is { } profiling)
            multiplexer.RegisterProfiler(profiling);

        bool late;
        lock (gate)
        {
            connected = multiplexer;
            late = disposed;
        }

        if (late && OwnsMultiplexer)
            await multiplexer.DisposeAsync();
        else
            await Clock.AskAsync(multiplexer.GetDatabase());

        return multiplexer;
    }

    /// <summary>
    /// The user's configuration, with what our promises need: the app starts without Redis, nothing queues up while it is away, it is
    /// found again soon, and the client library's own time-outs are no longer than ours.
    /// </summary>
    private ConfigurationOptions OwnConfiguration()
    {
        var configuration = options.ConfigurationOptions?.Clone() ?? ConfigurationOptions.Parse(options.Configuration!);
        var timeoutMs = (int)Math.Ceiling(timeout.TotalMilliseconds);
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)RetryInterval.TotalMilliseconds);
        configuration.ConnectTimeout = Math.Max(timeoutMs, 1000);
        configuration.AsyncTimeout = timeoutMs;
        configuration.SyncTimeout = timeoutMs;
        return configuration;
    }

    private async ValueTask WaitForConnection(Task<IConnectionMultiplexer> connection, Call call)
    {
        try
        {
            if (!call.Blocking)
                await connection.WaitAsync(call.Left(timeout), RealTime, call.Token);
            else if (!WaitBlocking(connection, call))
                throw NoConnection();
        }
        catch (TimeoutException expired) when (IsOurs(expired, connection))
        {
            throw NoConnection();
        }
    }

    /// <summary>Whether the wait ended for want of time. The task may fail at the very moment; then its own failure is another exception.</summary>
    private static bool IsOurs(TimeoutException expired, Task task) => task.Exception?.InnerException != expired;

    private bool WaitBlocking(Task task, Call call)
    {
        try
        {
            return task.Wait(call.Left(timeout));
        }
        catch (AggregateException failed)
        {
            // Task.Wait wraps what it finds; the caller is to see the failure itself, as the asynchronous half shows it.
            ExceptionDispatchInfo.Throw(failed.InnerException!);
            throw;
        }
    }

    private RedisConnectionException NoConnection() => new(
        ConnectionFailureType.UnableToConnect,
        CommandFlags.None,
        $"Redis did not accept a connection within {nameof(RedisExpiringCacheOptions.OperationTimeout)} ({timeout.TotalMilliseconds} ms).",
        lastFailure,
        CommandStatus.Unknown);

    private RedisTimeoutException TimedOut(Task reply)
    {
        Abandon(reply);
        return new RedisTimeoutException(
            CommandFlags.None,
            $"Redis did not reply within {nameof(RedisExpiringCacheOptions.OperationTimeout)} ({timeout.TotalMilliseconds} ms).",
            CommandStatus.Unknown);
    }

    /// <summary>Perhaps nobody waits for this any more when it ends: the caller has been told of a time-out, or has gone.</summary>
    private static void Abandon(Task task) =>
        task.ContinueWith(static late => _ = late.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);

    private bool OwnsMultiplexer => options.ConnectionMultiplexerFactory is null;

    /// <summary>The multiplexer to dispose of: one that a factory handed in stays its owner's.</summary>
    private IConnectionMultiplexer? Retire()
    {
        lock (gate)
        {
            var owned = !disposed && OwnsMultiplexer ? connected : null;
            disposed = true;
            return owned;
        }
    }
}
