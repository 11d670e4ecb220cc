using System.Diagnostics;
using RedisExpiryCache.Redis.Execution;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What one request may wait for Redis, all its calls together: each has what those before it have left.</summary>
internal sealed class RequestTimeLimit(TimeLimit budget)
{
    private long spent;

    /// <summary>When the request came, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Began { get; } = Stopwatch.GetTimestamp();

    /// <summary>A call that counts as begun so much earlier. To be ended once the request waits no more for it.</summary>
    public OperationContext Begin() =>
        new(Blocking: false, Stopwatch.GetTimestamp() - Volatile.Read(ref spent), CancellationToken.None, budget);

    public void End(OperationContext call) => Volatile.Write(ref spent, Stopwatch.GetTimestamp() - call.Started);

    public TimeSpan Left(OperationContext call) => call.Left(budget.Time);
}
