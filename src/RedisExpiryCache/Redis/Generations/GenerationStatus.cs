namespace RedisExpiryCache.Redis.Generations;

/// <summary>How what was made under a generation stands with the one that there is now.</summary>
internal enum GenerationStatus
{
    /// <summary>It was evicted.</summary>
    Evicted,

    /// <summary>It was marked stale.</summary>
    Stale,

    /// <summary>It holds.</summary>
    Current,
}
