using RedisExpiryCache.Redis.Connection;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Resilience;

/// <summary>What a command does, as far as the circuits go.</summary>
internal enum Access
{
    Read,
    Write,

    /// <summary>Only to see how Redis is.</summary>
    Probe,
}

/// <summary>
/// The circuits of one Redis server: one that stands for all, and one for writes, since a server that takes none may still be read.
/// </summary>
/// <param name="settings">When they open, and for how long.</param>
/// <param name="endpoint">In a cluster, the address of the server; empty: the one that there is.</param>
/// <param name="report">Reports each change.</param>
/// <param name="scope">What the circuit that stands for all is reported as.</param>
internal sealed class EndpointCircuitBreaker(
    CircuitBreakerOptions settings, string endpoint, ConnectionTelemetry report, CircuitScope scope = CircuitScope.All)
{
    private readonly CircuitBreaker all = new(settings.FailuresBeforeOpening, settings.OpenFor);
    private readonly CircuitBreaker writes = new(settings.FailuresBeforeOpening, settings.OpenFor);
    private volatile Exception? why;

    public string Endpoint => endpoint;

    public bool IsOpen => all.IsOpen;

    public bool IsOpenForWrites => writes.IsOpen;

    /// <summary>What opened it last, or came near to.</summary>
    public Exception? LastFailure => why;

    /// <summary>
    /// The key whose call failed last: to be asked about when probing, for only a command about keys hears of all that may be wrong.
    /// </summary>
    public string? ProbeKey { get; private set; }

    /// <summary>
    /// A write that finds the circuit for writes open is let through now and then, to find out: Redis refuses it at once, so nobody waits
    /// for that.
    /// </summary>
    /// <exception cref="RedisConnectionException">The circuit is open.</exception>
    public void ThrowIfOpen(Access access, TimeSpan now)
    {
        if (access == Access.Probe)
            return;

        if (all.IsOpen)
            throw Refusal(ConnectionFailureType.UnableToConnect, "it does not answer");

        if (access == Access.Write && writes.IsOpen && !writes.TryProbe(now))
            throw Refusal(ConnectionFailureType.UnableToResolvePhysicalConnection, "it takes no writes");
    }

    public void RecordSuccess(Access access)
    {
        if (all.RecordSuccess())
            report.Closed(scope, endpoint);

        if (access == Access.Write && writes.RecordSuccess())
            report.Closed(CircuitScope.Writes, endpoint);
    }

    /// <returns>Whether that has opened the circuit that stands for all.</returns>
    public bool RecordFailure(FailureKind effect, Exception failure, Access access, string? key, long call, TimeSpan now)
    {
        if (effect is FailureKind.None)
            return false;

        if (effect is FailureKind.CommandError)
        {
            RecordSuccess(Access.Read);
            return false;
        }

        why = failure;
        if (effect is FailureKind.Unavailable)
        {
            ProbeKey = key ?? ProbeKey;
            if (all.RecordFailure(call, now))
            {
                report.Opened(scope, endpoint, failure);
                return true;
            }
        }
        else
        {
            RecordSuccess(Access.Read);
        }

        // Writes may hang alone, CLIENT PAUSE WRITE for one; then the answers to reads keep the other circuit closed.
        if (access == Access.Write && !all.IsOpen && writes.RecordFailure(call, now))
            report.Opened(CircuitScope.Writes, endpoint, failure);

        return false;
    }

    /// <summary>A probe has failed: that is the reason from now on.</summary>
    public void StillFails(Exception failure) => why = failure;

    private RedisConnectionException Refusal(ConnectionFailureType type, string what) => new(
        type,
        CommandFlags.None,
        $"The circuit to Redis{(endpoint.Length == 0 ? "" : $" at {endpoint}")} is open: {what}. It is tried again every {nameof(CircuitBreakerOptions)}.{nameof(CircuitBreakerOptions.OpenFor)} ({settings.OpenFor.TotalMilliseconds} ms).",
        why,
        CommandStatus.Unknown);
}
