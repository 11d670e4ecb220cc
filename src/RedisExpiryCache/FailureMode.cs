namespace RedisExpiryCache;

/// <summary>What the data cache does when Redis fails. (Responses always degrade: the app answers.)</summary>
public enum FailureMode
{
    /// <summary>
    /// The call throws <c>RedisConnectionException</c>, <c>RedisTimeoutException</c> or <c>RedisServerException</c>, so its caller knows what has not happened.
    /// </summary>
    Throw,

    /// <summary>
    /// The app goes on without the cache. A read that fails is a miss; a write that fails is dropped, and what it was to replace is not read any
    /// more; a removal is remembered, counts in this process at once and is made up for in Redis as soon as that is possible. <c>GetLifetimeAsync</c>
    /// gives null, <c>ExpireAsync</c> false, and the number of removed keys is 0. Each is logged, once a minute and kind, and counted. Wrong
    /// arguments, a cancelled token and a cache that was disposed of throw as ever.
    /// </summary>
    Degrade,
}
