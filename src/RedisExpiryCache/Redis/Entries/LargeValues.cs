using System.Diagnostics;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>
/// Values that occupy a link for longer than a small command may take: a connection, a circuit and a timeout of their own.
/// See docs/design/large-bodies.md.
/// </summary>
/// <remarks>
/// A multiplexed connection answers in order, so a large value on the main connection delays every command behind it until
/// they time out. The size of a value is known when it is written, from an earlier read of this process, or from the record of its URL.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws, and <see cref="TooSlowException"/>.</para>
/// </remarks>
internal sealed class LargeValues(RedisConnection main, ConnectionTelemetry report) : IDisposable, IAsyncDisposable
{
    /// <summary>From this size on a value is large: two milliseconds at 1 Gbit/s.</summary>
    public const int Threshold = 256 * 1024;

    /// <summary>How many bytes of a value extend its timeout by one millisecond: 16 MiB/s, an eighth of a link of 1 Gbit/s.</summary>
    public const int BytesPerMillisecond = 16 * 1024;

    /// <summary>How many bytes may be read at once: what is in flight is held in memory, and delays the next.</summary>
    private const long MaximumInFlight = 64L * 1024 * 1024;

    private const int RememberedKeys = 10_000;
    private const int MostAttempts = 20;

    private readonly BoundedCache<LargeValue> known = new(RememberedKeys);
    private readonly UnconfirmedWrites writes = new();
    private long inFlight;
    private int isLearning;
    private volatile bool isEmpty = true;

    public RedisConnection Connection { get; } = RedisConnection.ForLargeValues(main);

    /// <summary>Whether a write is in flight, awaited or not: later changes of its key follow it over the same connection.</summary>
    public bool HasUnsettledWrites => writes.Any;

    /// <summary>Whether a large value is in flight.</summary>
    public bool IsBusy => Interlocked.Read(ref inFlight) > 0;

    public bool HasUnsettledWrite(string key) => writes.Contains(key);

    /// <summary>The size of a large value; zero: it is small, or nothing is known of it.</summary>
    /// <param name="key">Its full key.</param>
    /// <param name="expected">What is known from elsewhere; an observation of this process has precedence.</param>
    public long SizeOf(string key, long expected = 0)
    {
        if (!isEmpty && known.Find(key) is { } value)
            return value.Size;

        return expected >= Threshold ? expected : 0;
    }

    public bool IsTooSlow(string key) => !isEmpty && known.Find(key) is { IsTooSlow: true };

    /// <exception cref="TooSlowException">The value did not arrive in time lately.</exception>
    public void ThrowIfTooSlow(string key)
    {
        if (IsTooSlow(key))
            throw new TooSlowException("A large value was not read: it did not arrive within its timeout lately.");
    }

    /// <summary>The same call with a timeout that fits the size.</summary>
    public OperationContext Extend(OperationContext call, long size)
    {
        var budget = main.TimeLimitOf(call);
        if (size < Threshold || budget is ExtendedBudget)
            return call;

        var time = budget.Time + TimeSpan.FromMilliseconds(size / BytesPerMillisecond);
        return call with { Limit = new ExtendedBudget(time, budget.Setting) };
    }

    /// <summary>The route for one large value.</summary>
    /// <exception cref="RedisConnectionException">There is no connection, or one of the two circuits is open.</exception>
    public async ValueTask<RedisRoute> OpenAsync(string key, Access access, OperationContext call)
    {
        await main.ReadyAsync(access, call);
        main.ThrowIfClosedTo(key, access);
        return await Connection.OpenAsync(key, access, call);
    }

    /// <summary>Admits a read, to be called before it is sent.</summary>
    /// <exception cref="TooSlowException">Other large values are in flight, behind which it would not arrive in time.</exception>
    public void Admit(long size)
    {
        if (Interlocked.Read(ref inFlight) is > 0 and var others && others + size > MaximumInFlight)
            throw new TooSlowException($"A value of {size} bytes was not read: {others} bytes of other large values are in flight.");
    }

    /// <summary>Counts a value as in flight until its reply has arrived, however late.</summary>
    public void Track(Task reply, long size)
    {
        Interlocked.Add(ref inFlight, size);
        _ = reply.ContinueWith(
            static (_, state) => Interlocked.Add(ref ((Transfer)state!).Owner.inFlight, -((Transfer)state).Size),
            new Transfer(this, size),
            TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>The same for a write of a key.</summary>
    public void TrackWrite(string key, Task reply, long size)
    {
        Track(reply, size);
        writes.Add(key, reply);
    }

    /// <summary>Remembers the size of a value that has been read or written, large or not.</summary>
    public void Remember(string key, long size)
    {
        if (size < Threshold && (isEmpty || known.Find(key) is null))
            return;

        known.Remember(key, new LargeValue(size < Threshold ? 0 : size));
        isEmpty = false;
    }

    /// <summary>
    /// A read timed out: its key counts as too slow while the reply is on its way and, once it has arrived, for a pause that
    /// doubles. A reply that never comes says nothing about the size.
    /// </summary>
    public void TimedOut(string key, long size, Task<Lease<byte>?> reply)
    {
        var value = new LargeValue(size) { IsPending = true, Pause = known.Find(key)?.NextPause ?? LargeValue.FirstPause };
        known.Remember(key, value);
        isEmpty = false;
        report.TooSlow(size, value.Pause);
        _ = reply.ContinueWith(
            static (late, state) => ((LargeValue)state!).Settle(DisposedLengthOf(late) > 0),
            value,
            TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>
    /// A read over the main connection timed out. If its value is large, that is why, and why others behind it timed out: Redis answers.
    /// </summary>
    public void LearnFrom(string key, RedisRoute route)
    {
        if (Interlocked.Exchange(ref isLearning, 1) == 0)
            ExecutionContextFlow.Begin(() => LearnAsync(key, route));
    }

    private async Task LearnAsync(string key, RedisRoute route)
    {
        // STRLEN is answered once the value has passed, which may take longer than the client library waits.
        long? size = null;
        for (var attempt = 0; size is null && attempt < MostAttempts; attempt++)
            size = await SizeAsync(key, route.Database);

        Volatile.Write(ref isLearning, 0);
        if (size < Threshold || size is null)
            return;

        Remember(key, size.Value);
        route.Succeeded();
    }

    /// <returns>Null: no reply in time. Zero: there is none, or Redis refuses the command.</returns>
    private static async Task<long?> SizeAsync(string key, IDatabase database)
    {
        try
        {
            return await database.StringLengthAsync(key, RedisCommands.Primary);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (Exception failure) when (failure is RedisException or ObjectDisposedException)
        {
            return 0;
        }
    }

    public void Dispose() => Connection.Dispose();

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static long DisposedLengthOf(Task<Lease<byte>?> late)
    {
        if (!late.IsCompletedSuccessfully || late.Result is not { } lease)
            return 0;

        using (lease)
            return lease.Length;
    }

    private sealed record ExtendedBudget(TimeSpan Time, string Setting) : TimeLimit(Time, Setting);

    private sealed record Transfer(LargeValues Owner, long Size);
}

/// <summary>What is known of one large value.</summary>
/// <param name="size">In bytes; zero: it is small by now.</param>
internal sealed class LargeValue(long size)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(4);

    private long slowUntil;

    public long Size => size;

    /// <summary>A reply that came too late is still on its way.</summary>
    public bool IsPending { get; set; }

    public TimeSpan Pause { get; init; }

    public TimeSpan NextPause => Pause == TimeSpan.Zero ? FirstPause : Pause < LongestPause ? 2 * Pause : LongestPause;

    public bool IsTooSlow => IsPending || Stopwatch.GetTimestamp() < Volatile.Read(ref slowUntil);

    public void Settle(bool hasArrived)
    {
        if (hasArrived)
            Volatile.Write(ref slowUntil, Stopwatch.GetTimestamp() + (long)(Pause.TotalSeconds * Stopwatch.Frequency));

        IsPending = false;
    }
}

/// <summary>A large value was not read or stored, because it takes longer than it may.</summary>
internal sealed class TooSlowException(string message) : TimeoutException(message);
