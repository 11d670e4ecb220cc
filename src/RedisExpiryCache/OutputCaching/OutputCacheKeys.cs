using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.OutputCaching;

// The Redis keys of the output cache, each behind the InstanceName:
//
//   output:GET\001EHTTPS\001EEXAMPLE.COM/A            an entry
//   output:GET\001EHTTPS\001EEXAMPLE.COM/A#DIGEST     an entry that varies; the digest is of the output cache's whole key
//   tag:output:products                               a tag: its generation
//
// The output cache's own key is METHOD ␞ SCHEME ␞ HOST/PATH, and behind that, where a policy varies, ␞ and the values that it varies by.
// Header values are among those, cookies perhaps. Redis keys stand in logs, in the client library's exceptions and in MONITOR: so only a
// digest is in them.
internal static class OutputCacheKeys
{
    private const char Delimiter = '\x1e';
    private const int DelimitersInName = 2;

    /// <summary>Never the same for two keys. Escape leaves no # of a key's own.</summary>
    public static string RedisKeyOf(string instanceName, string key)
    {
        var end = EndOfName(key);
        return $"{instanceName}output:{KeyEncoder.Escape(key[..end])}{(end == key.Length ? "" : $"#{KeyEncoder.DigestOf(key)}")}";
    }

    /// <summary>What of a key is logged.</summary>
    public static string NameOf(string key) => KeyEncoder.Escape(key[..EndOfName(key)]);

    public static string TagPrefix(string instanceName) => $"{instanceName}tag:output:";

    private static int EndOfName(string key)
    {
        var passed = 0;
        for (var at = 0; at < key.Length; at++)
        {
            if (key[at] == Delimiter && ++passed > DelimitersInName)
                return at;
        }

        return key.Length;
    }
}
