using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>
/// PING over the cache's own connection, and what the cache has noticed by itself: an open circuit, a Redis that turns the app away,
/// evictions that were lost.
/// <para> Failure policy: throws when the caller has cancelled, nothing else. What went wrong is told by its name alone, never as the
/// exception: health reports are shown to strangers, and what a connection factory throws may hold a password.
/// </para>
/// </summary>
/// <param name="connection">The cache's own.</param>
/// <param name="stuckPages">How many pages have so many renewals under way that no further one may start; null: none can have.</param>
internal sealed class RedisHealthCheck(RedisConnection connection, Func<int>? stuckPages = null) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failed = context.Registration.FailureStatus;
        cancellationToken.ThrowIfCancellationRequested();
        if (connection.Circuits.IsOpen)
            return Report(failed, $"The circuit is open: {Describe(connection.Circuits.LastFailure)}", "circuit-open", connection.Circuits.LastFailure);

        try
        {
            var latency = await PingAsync(OperationContext.Async(cancellationToken));
            return Noticed(failed) ?? Healthy(latency);
        }
        catch (Exception failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Report(failed, Describe(failure), RedisErrors.KindOf(failure).Token(), failure);
        }
    }

    private HealthCheckResult Healthy(TimeSpan latency)
    {
        var data = new Dictionary<string, object> { ["latencyMs"] = latency.TotalMilliseconds };
        if (connection.Feed is not { } feed)
            return HealthCheckResult.Healthy("Redis answers.", data);

        var whyOff = feed.DisabledReason;
        data["nearCache"] = whyOff is null ? "on" : "off";
        return HealthCheckResult.Healthy(whyOff is null ? "Redis answers." : $"Redis answers. The near cache is off: {whyOff}.", data);
    }

    /// <summary>What is wrong although Redis answers.</summary>
    private HealthCheckResult? Noticed(HealthStatus failed)
    {
        // Degraded, where nobody has asked for less: the app is served, and not as it should be.
        var degraded = failed == HealthStatus.Unhealthy ? HealthStatus.Degraded : failed;
        if (connection.AuthorizationErrors.Recent is { } word)
            return Report(failed, $"Redis turns this app away, or one of its commands: {word}", OperationErrorKind.RedisRefused.Token(), failure: null, word);

        if (connection.Circuits.IsOpenForWrites)
            return Report(degraded, $"The circuit is open for writes: {Describe(connection.Circuits.LastFailure)}", "circuit-open-for-writes", connection.Circuits.LastFailure);

        if (connection.Pending.HasOverflowed)
        {
            return Report(
                degraded,
                "More was removed while Redis was away than can be remembered: the data cache reads nothing until the rest is replayed",
                "evictions-lost");
        }

        return stuckPages?.Invoke() is > 0 and var stuck
            ? Report(degraded, $"Renewals in the background do not end, so no further one starts, for {stuck} page(s)", "renewals-stuck")
            : null;
    }

    private HealthCheckResult Report(
        HealthStatus status, string description, string reason, Exception? failure = null, string? denial = null)
    {
        var data = new Dictionary<string, object> { ["reason"] = reason };
        if ((denial ?? RedisFailures.DenialIn(failure)) is { } word)
            data["error"] = word;

        if (connection.Pending.Count is > 0 and var pending)
            data["pendingEvictions"] = pending;

        return new HealthCheckResult(status, $"{description} ({reason}).", data: data);
    }

    private async Task<TimeSpan> PingAsync(OperationContext call)
    {
        var redis = await connection.OpenAsync(key: null, Access.Probe, call);
        var sent = Stopwatch.GetTimestamp();
        await redis.AwaitReplyAsync(redis.Database.ExecuteAsync("PING", [], RedisCommands.Primary), call);
        return Stopwatch.GetElapsedTime(sent);
    }

    private static string Describe(Exception? failure) => failure is null ? "Redis does not answer" : RedisErrors.KindOf(failure) switch
    {
        OperationErrorKind.RedisUnavailable => "There is no connection to Redis",
        OperationErrorKind.RedisTimeout => $"Redis did not answer within {nameof(RedisExpiringCacheOptions.OperationTimeout)}",
        OperationErrorKind.RedisRefused => "Redis refused the command",
        _ => $"Redis could not be asked: {failure.GetType().Name}",
    };
}
