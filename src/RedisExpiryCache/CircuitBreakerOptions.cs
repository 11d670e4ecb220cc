namespace RedisExpiryCache;

/// <summary>
/// When the cache stops asking a Redis that does not answer. While the circuit is open, calls end at once, as if Redis were away, and a probe in the
/// background finds out when it is back. Each server of a cluster has a circuit of its own.
/// </summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>
    /// How many calls in a row have to fail (no connection, no reply in time, Redis loading or busy) before the circuit opens. Default: 5. Range: 1
    /// to 1,000,000. An error that is about one command, such as out of memory or no permission, does not count.
    /// </summary>
    public int FailuresBeforeOpening { get; set; } = 5;

    /// <summary>
    /// How long an open circuit waits before each probe. Default: 1 second. Range: 10 milliseconds to 1 hour. A connection that comes back is probed
    /// at once.
    /// </summary>
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(1);
}
