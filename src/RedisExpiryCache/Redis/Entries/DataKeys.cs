namespace RedisExpiryCache.Redis.Entries;

/// <summary>Redis keys of data entries: <c>{InstanceName}{key}</c>, but for keys that begin with a reserved word.</summary>
/// <remarks>
/// All other names of this library begin with a reserved word behind the InstanceName. A data key that does is marked, and so is one that
/// begins with the marker. So no two data keys share a name, and none shares one with a generation, a lock, a response, an output cache
/// entry or a heartbeat.
/// </remarks>
internal static class DataKeys
{
    public const string Marker = "data-key:";

    private static readonly string[] Reserved = ["GET:", "lock:", "tag:", "output:", "near:", Marker];

    public static bool IsReserved(string key)
    {
        // By hand: it runs several times in each call, and a predicate that captures the key would be allocated each time.
        foreach (var word in Reserved)
        {
            if (key.StartsWith(word, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    public static string NameOf(string instanceName, string key) => IsReserved(key) ? $"{instanceName}{Marker}{key}" : instanceName + key;
}
