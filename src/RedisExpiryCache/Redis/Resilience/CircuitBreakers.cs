using System.Collections.Concurrent;
using System.Diagnostics;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Topology;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Resilience;

/// <summary>
/// A circuit for each server of a cluster, so that a slow one does not cost the others, and one for a Redis that is no cluster. One that
/// has opened is probed in the background, so that no caller pays for finding out.
/// </summary>
internal sealed class CircuitBreakers(
    RedisConnection connection, CircuitBreakerOptions settings, TimeSpan probeTime, ConnectionTelemetry report, CircuitScope scope)
{
    /// <summary>After so many probes without an answer, another connection is tried.</summary>
    private const int SilentProbes = 2;

    private readonly ConcurrentDictionary<string, EndpointCircuitBreaker> byEndpoint = new(StringComparer.Ordinal);
    private readonly TimeLimit probeBudget = new(probeTime, "the time of a probe");
    private readonly AsyncSignal probeNow = new();

    /// <summary>Of a Redis that is no cluster; and of the connection, as long as there is none.</summary>
    public EndpointCircuitBreaker Default { get; } = new(settings, endpoint: "", report, scope);

    public bool IsOpen => Default.IsOpen || byEndpoint.Values.Any(static circuit => circuit.IsOpen);

    public bool IsOpenForWrites => Default.IsOpenForWrites || byEndpoint.Values.Any(static circuit => circuit.IsOpenForWrites);

    public Exception? LastFailure => (byEndpoint.Values.FirstOrDefault(static circuit => circuit.IsOpen) ?? Default).LastFailure;

    /// <summary>An exception filter that reports a failed command to its circuit and lets the exception pass.</summary>
    /// <remarks>
    /// A reply that had hardly any time, because the call had spent its budget before, says nothing about Redis by not coming.
    /// Nor does one that waited behind large values on a connection that has to carry both, or for a thread to process it.
    /// </remarks>
    public bool RecordFailure(Exception failure, RedisRoute route, OperationContext call, long since)
    {
        if (failure is TimeoutException)
        {
            if (SaysNothing(failure, call, since))
                return false;

            connection.Cold.End();
        }

        var effect = RedisFailures.KindOf(failure, route.Access == Access.Write, connection.Multiplexer?.IsConnected is true);
        var circuit = route.Circuit;
        if (circuit.RecordFailure(effect, failure, route.Access, route.Key, call.Started, RedisConnection.Now))
            ExecutionContextFlow.Begin(() => ProbeAsync(circuit));

        if (route.Access != Access.Probe && RedisFailures.DenialIn(failure) is { } word)
        {
            connection.AuthorizationErrors.Note(word);
            report.Denied(word);
        }

        return false;
    }

    private bool SaysNothing(Exception timeout, OperationContext call, long since)
    {
        if (ThreadPoolStarvation.IsCauseOf(timeout))
        {
            report.PoolStarved();
            return true;
        }

        return Stopwatch.GetElapsedTime(since) < connection.TimeLimitOf(call).Time / 2 || connection.WaitsBehindLargeValues;
    }

    /// <summary>Without asking Redis: the client library knows which server has which keys.</summary>
    public EndpointCircuitBreaker Of(IConnectionMultiplexer multiplexer, string key)
    {
        try
        {
            var endpoint = multiplexer.GetServer((RedisKey)key).EndPoint.ToString()!;
            return byEndpoint.GetOrAdd(
                endpoint,
                static (name, all) => new EndpointCircuitBreaker(all.Settings, name, all.Report, all.Scope),
                (Settings: settings, Report: report, Scope: scope));
        }
        catch (RedisException)
        {
            // Nobody has the key just now: the command will say so itself.
            return Default;
        }
    }

    /// <summary>A connection is back: whatever is open is probed now.</summary>
    public void ProbeNow() => probeNow.Set();

    /// <summary>
    /// Until it is closed, by a probe or by anybody's answer. It fails never: a probe that does is the next one's reason.
    /// </summary>
    public async Task ProbeAsync(EndpointCircuitBreaker circuit)
    {
        for (var silent = 0; circuit.IsOpen && !connection.IsDisposed;)
        {
            await probeNow.WaitAsync(settings.OpenFor);
            try
            {
                var call = OperationContext.Detached(probeBudget);
                var route = await connection.OpenAsync(circuit, call);
                await PromotedReplicas.AskAgainAsync(route.Database.Multiplexer);
                await route.AwaitReplyAsync(AskAsync(route.Database, circuit.ProbeKey), call);
            }
            catch (Exception failure)
            {
                circuit.StillFails(failure);
                silent = failure is TimeoutException ? silent + 1 : 0;
            }

            if (silent == SilentProbes)
            {
                silent = 0;
                await TryReplaceAsync(circuit);
            }
        }

        connection.Pending.RetryNow();
    }

    private async Task TryReplaceAsync(EndpointCircuitBreaker circuit)
    {
        try
        {
            await connection.ReplaceSilentAsync(database => AskAsync(database, circuit.ProbeKey), probeBudget.Time);
        }
        catch (Exception failure)
        {
            circuit.StillFails(failure);
        }
    }

    private static async Task<bool> AskAsync(IDatabase database, string? key)
    {
        if (key is null)
            await database.PingAsync(RedisCommands.Primary);
        else
            await database.KeyExistsAsync(key, RedisCommands.Primary);

        return true;
    }
}
