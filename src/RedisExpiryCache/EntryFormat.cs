namespace RedisExpiryCache;

/// <summary>How data entries are written. Both are read wherever they are found.</summary>
public enum EntryFormat
{
    /// <summary>One Redis string: a few header bytes, checked on read, and the value. The default.</summary>
    Compact,

    /// <summary>
    /// The hash of Microsoft.Extensions.Caching.StackExchangeRedis (<c>absexp</c>, <c>sldexp</c>, <c>data</c>), for as long as nodes with
    /// that provider share the data. Written by a script, so that value and expiry are still one step. Without checks against damage;
    /// and Microsoft's provider knows nothing of tags: it goes on reading an entry whose tag was removed.
    /// </summary>
    Microsoft,
}
