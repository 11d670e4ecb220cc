namespace RedisExpiryCache;

/// <summary>Settings of the circuit breaker: when calls to Redis stop, and when Redis is probed.</summary>
/// <remarks>
/// While the circuit is open, calls fail at once, as if Redis were not reachable, and a probe in the background finds out when it replies
/// again. Each server of a cluster has a circuit of its own.
/// </remarks>
public sealed class CircuitBreakerOptions
{
    /// <summary>How many consecutive failures open the circuit. Default: 5. Range: 1 to 1,000,000.</summary>
    /// <remarks>
    /// Failures are a lost connection, a timeout, and a Redis that is loading or busy. An error about one command, such as out of memory or
    /// a missing permission, does not count.
    /// </remarks>
    /// <example><code>options.CircuitBreaker.FailuresBeforeOpening = 20;</code></example>
    public int FailuresBeforeOpening { get; set; } = 5;

    /// <summary>How long an open circuit waits before each probe. Default: 1 second. Range: 10 milliseconds to 1 hour.</summary>
    /// <remarks>A connection that is established again is probed at once.</remarks>
    /// <example><code>options.CircuitBreaker.OpenFor = TimeSpan.FromSeconds(5);</code></example>
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(1);
}
