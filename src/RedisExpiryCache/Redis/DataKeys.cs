namespace RedisExpiryCache.Redis;

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

    public static bool IsReserved(string key) =>
        key.Length > 3 && key[0] is 'G' or 'l' or 't' or 'o' or 'n' or 'd'
        && Array.Exists(Reserved, word => key.StartsWith(word, StringComparison.Ordinal));

    public static string NameOf(string instanceName, string key) => IsReserved(key) ? $"{instanceName}{Marker}{key}" : instanceName + key;
}
