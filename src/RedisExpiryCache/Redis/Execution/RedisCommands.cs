using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>
/// Commands in the words that the documentation promises to operators, to their ACLs and to whoever counts them. The client library's own
/// methods say SETEX or PSETEX for a SET with an expiry (see <see cref="SetCommand"/>), and UNLINK for DEL where the server knows it.
/// </summary>
internal static class RedisCommands
{
    /// <summary>
    /// For every command, reads too: the client library would otherwise read from a replica while it has no connection to the primary. A
    /// replica may not know yet, or not for a long time, what has been evicted.
    /// </summary>
    public const CommandFlags Primary = CommandFlags.DemandMaster;

    /// <summary>DEL of one key, or of several that live on one server.</summary>
    public static Task<RedisResult> Delete(IDatabase database, params IEnumerable<string> keys) =>
        database.ExecuteAsync("DEL", [.. keys.Select(static key => (object)(RedisKey)key)], Primary);
}
