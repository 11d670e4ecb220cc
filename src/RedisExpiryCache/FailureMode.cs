namespace RedisExpiryCache;

/// <summary>What the data cache does when Redis fails; responses always come from the application then.</summary>
public enum FailureMode
{
    /// <summary>
    /// The default: the call throws <c>RedisConnectionException</c>, <c>RedisTimeoutException</c> or <c>RedisServerException</c>.
    /// </summary>
    Throw,

    /// <summary>The application continues without the cache: a failed read is a miss, a failed write is dropped.</summary>
    /// <remarks>
    /// The value that a dropped write was to replace is not read any more. A failed removal takes effect in this process at once, and is
    /// repeated as soon as Redis is reachable. <c>GetLifetimeAsync</c> returns null, <c>ExpireAsync</c> false, and the number of removed
    /// keys is 0. Each failure is counted, and logged at most once per minute and kind. Invalid arguments, a cancelled token and a disposed
    /// cache throw as always.
    /// </remarks>
    Degrade,
}
