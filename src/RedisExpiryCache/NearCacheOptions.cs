namespace RedisExpiryCache;

/// <summary>
/// Settings of the near cache: copies in this process of what is read most, which Redis invalidates (<c>CLIENT TRACKING</c>).
/// </summary>
/// <remarks>
/// When a key is changed or deleted, by this library or by hand, every process drops its copy, usually within milliseconds. A copy is never
/// outdated for longer than one second: while the tracking connection is silent for that long, copies are bypassed. Needs Redis 6.2, or a
/// server that has <c>CLIENT TRACKING</c> with <c>BCAST</c>; on others the near cache stays off, and log and health check report it.
/// </remarks>
public sealed class NearCacheOptions
{
    /// <summary>Whether stored responses, and the generations of their URLs and tags, are kept in this process. Default: false.</summary>
    /// <example><code>options.NearCache.Enabled = true;</code></example>
    public bool Enabled { get; set; }

    /// <summary>Whether entries of the data cache are kept too. Default: false. Needs <see cref="Enabled"/>.</summary>
    /// <remarks>Redis then sends each process an invalidation for every write under <c>InstanceName</c>.</remarks>
    /// <example>
    /// <code>
    /// options.NearCache.Enabled = true;
    /// options.NearCache.IncludeData = true;
    /// </code>
    /// </example>
    public bool IncludeData { get; set; }

    /// <summary>The most bytes that copies may take. Default: 67,108,864 (64 MiB). Range: from 1 MiB.</summary>
    /// <remarks>An estimate that includes keys and bookkeeping. The least recently used copies are dropped first.</remarks>
    /// <example><code>options.NearCache.SizeLimit = 256L * 1024 * 1024;</code></example>
    public long SizeLimit { get; set; } = 64L * 1024 * 1024;
}
