namespace RedisExpiryCache;

/// <summary>What is left of an entry, by the Redis server's clock.</summary>
/// <param name="TimeToLive">The time until Redis drops the entry if nobody reads it (PTTL, to the millisecond); null: it never expires.</param>
/// <param name="SlidingExpiration">The time that each read gives it; null: reads do not prolong it.</param>
/// <param name="AbsoluteExpiration">The moment at which it ends however often it is read; null: there is none.</param>
public sealed record CacheEntryLifetime(TimeSpan? TimeToLive, TimeSpan? SlidingExpiration, DateTimeOffset? AbsoluteExpiration);
