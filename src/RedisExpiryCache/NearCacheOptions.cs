namespace RedisExpiryCache;

/// <summary>
/// A copy in this process of what is read most, kept true by Redis' own word (<c>CLIENT TRACKING</c>): whoever changes or deletes a key, by this library
/// or by hand, every process drops its copy, mostly within milliseconds. A copy is never out of date for longer than a second: where Redis has not been
/// heard for that long, the copies are passed over. Needs Redis 6.2 or a server that has <c>CLIENT TRACKING</c> with <c>BCAST</c>; where there is none the
/// near cache stays off, which the log and the health check say.
/// </summary>
public sealed class NearCacheOptions
{
    /// <summary>Whether stored responses and the generations of their URLs and tags are kept in this process. Default: false.</summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// Whether entries of the data cache are kept too. Default: false. Needs <see cref="Enabled"/>. Redis then tells each process of every write under
    /// <c>InstanceName</c>.
    /// </summary>
    public bool IncludeData { get; set; }

    /// <summary>
    /// The most bytes that the copies may take, keys and bookkeeping counted, as estimated. Default: 67,108,864 (64 MiB). Range: from 1 MiB. What was not
    /// used for the longest time goes first.
    /// </summary>
    public long SizeLimit { get; set; } = 64L * 1024 * 1024;
}
