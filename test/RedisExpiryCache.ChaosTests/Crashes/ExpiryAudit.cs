using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>Every key expires, and none outlives what it may.</summary>
internal static class ExpiryAudit
{
    /// <summary>How much longer than what it vouches for a generation may last.</summary>
    private static readonly TimeSpan GenerationSlack = TimeSpan.FromMinutes(10);

    /// <param name="server">The Redis to look at.</param>
    /// <param name="prefix">The InstanceName of the caches.</param>
    /// <param name="longest">The longest time that anything was stored for.</param>
    /// <returns>What is wrong, a line a key.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(RedisServer server, string prefix, TimeSpan longest)
    {
        var wrong = new List<string>();
        foreach (var key in await server.KeysAsync(prefix))
        {
            var left = (long)await server.Admin.GetServer("127.0.0.1", server.Port).ExecuteAsync("PTTL", key);
            var most = longest + (IsGeneration(key[prefix.Length..]) ? GenerationSlack : TimeSpan.Zero);

            // -2: it has gone since it was listed.
            if (left == -1 || left > most.TotalMilliseconds)
                wrong.Add($"{key} lives for {left} ms; {most.TotalMilliseconds} would be right.");
        }

        return wrong;
    }

    private static bool IsGeneration(string key) =>
        key.StartsWith("tag:", StringComparison.Ordinal) || (key.StartsWith("GET:", StringComparison.Ordinal) && !key.Contains('#', StringComparison.Ordinal));
}
