namespace RedisExpiryCache;

/// <summary>The format in which data entries are written; every format is read.</summary>
public enum EntryFormat
{
    /// <summary>The default: one Redis string, a short header that is checked on reading, then the value.</summary>
    Compact,

    /// <summary>The hash of Microsoft.Extensions.Caching.StackExchangeRedis, for nodes that share data with that provider.</summary>
    /// <remarks>
    /// Its fields are <c>absexp</c>, <c>sldexp</c> and <c>data</c>. A script writes value and expiration in one step. Damage is not
    /// detected, and Microsoft's provider knows no tags: it still reads an entry whose tag was removed.
    /// </remarks>
    Microsoft,
}
