namespace RedisExpiryCache;

/// <summary>The remaining lifetime of an entry, by the Redis server's clock.</summary>
/// <param name="TimeToLive">The time until Redis drops the entry unless it is read (PTTL, in milliseconds); null: it never expires.</param>
/// <param name="SlidingExpiration">The time that each read gives it; null: reads do not extend it.</param>
/// <param name="AbsoluteExpiration">When it ends at the latest, however often it is read; null: there is no such time.</param>
public sealed record CacheEntryLifetime(TimeSpan? TimeToLive, TimeSpan? SlidingExpiration, DateTimeOffset? AbsoluteExpiration);
