using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RedisExpiryCache.Redis;

/// <summary>
/// PING over the cache's own connection.
/// <para>
/// Failure policy: throws when the caller has cancelled, nothing else. What went wrong is told by its name alone, never as the exception: health reports are
/// shown to strangers, and what a connection factory throws may hold a password.
/// </para>
/// </summary>
internal sealed class RedisHealthCheck(RedisConnection connection) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var latency = await PingAsync(Call.Async(cancellationToken));
            return HealthCheckResult.Healthy("Redis answers.", new Dictionary<string, object> { ["latencyMs"] = latency.TotalMilliseconds });
        }
        catch (Exception failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var kind = RedisErrors.KindOf(failure);
            return new HealthCheckResult(
                context.Registration.FailureStatus,
                $"{Describe(kind, failure)} ({kind.Token()}).",
                data: new Dictionary<string, object> { ["reason"] = kind.Token() });
        }
    }

    private async Task<TimeSpan> PingAsync(Call call)
    {
        var database = await connection.OpenAsync(call);
        var sent = Stopwatch.GetTimestamp();
        await connection.Complete(database.ExecuteAsync("PING"), call);
        return Stopwatch.GetElapsedTime(sent);
    }

    private static string Describe(RedisErrorKind kind, Exception failure) => kind switch
    {
        RedisErrorKind.RedisUnavailable => "There is no connection to Redis",
        RedisErrorKind.RedisTimeout => $"Redis did not answer within {nameof(RedisExpiringCacheOptions.OperationTimeout)}",
        RedisErrorKind.RedisRefused => "Redis refused PING",
        _ => $"Redis could not be asked: {failure.GetType().Name}",
    };
}
