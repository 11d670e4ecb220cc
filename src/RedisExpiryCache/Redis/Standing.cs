namespace RedisExpiryCache.Redis;

/// <summary>How what was made under a generation stands with the one that there is now.</summary>
internal enum Standing
{
    /// <summary>It was evicted.</summary>
    Gone,

    /// <summary>It was marked stale.</summary>
    Retired,

    /// <summary>It holds.</summary>
    Current,
}
