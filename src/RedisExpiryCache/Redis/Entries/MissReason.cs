namespace RedisExpiryCache.Redis.Entries;

/// <summary>Why a read found nothing. Each is one name in the log, in the metrics and in <c>Cache-Status</c>.</summary>
internal enum MissReason
{
    /// <summary>It did find something.</summary>
    None,

    /// <summary>There is no such key, or it has expired.</summary>
    Absent,

    /// <summary>The entry's tag has been removed since.</summary>
    TagRemoved,

    /// <summary>The key holds a list, a set or another Redis type that no cache entry has.</summary>
    WrongType,

    /// <summary>The key holds a value that this library did not write.</summary>
    Foreign,

    /// <summary>An earlier version of this library wrote the entry, or a later one with a feature that this one does not know.</summary>
    UnknownVersion,

    /// <summary>The entry is cut short, altered, or was written for another key.</summary>
    Damaged,
}
