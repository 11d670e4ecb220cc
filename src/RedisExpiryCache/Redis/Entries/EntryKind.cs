namespace RedisExpiryCache.Redis.Entries;

/// <summary>What an entry is for. It seeds the entry's checksums, so no kind decodes as another one.</summary>
internal enum EntryKind
{
    /// <summary>A value of the data cache.</summary>
    Data = 1,

    /// <summary>A stored response, or its body in a content coding.</summary>
    Response = 2,

    /// <summary>An entry of ASP.NET Core's output cache.</summary>
    OutputCache = 3,
}
