namespace RedisExpiryCache.Telemetry;

/// <summary>The calls of the data cache, as the metrics name them.</summary>
internal enum DataOperation
{
    Get,
    Set,
    Refresh,
    Remove,
    RemoveByTag,
    GetLifetime,
    Expire,
    Slide,
}

/// <summary>How a call of the data cache, or of the output cache's store, ended.</summary>
internal enum DataOutcome
{
    Hit,
    Miss,
    Done,
    Error,
}
