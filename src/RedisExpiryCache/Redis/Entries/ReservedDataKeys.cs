using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>Data keys that begin with a reserved word, on a Redis where Microsoft's provider writes them unmarked.</summary>
/// <remarks>Its entry is a hash, which nothing else of this library is. The newer one counts: a write here removes that hash.</remarks>
internal sealed class ReservedDataKeys(RedisConnection connection, string instanceName)
{
    /// <summary>The Redis key that holds the entry of a data key, or will hold it.</summary>
    public ValueTask<string> LocateAsync(string key, OperationContext call) =>
        DataKeys.IsReserved(key) ? LocateReservedAsync(key, call) : new ValueTask<string>(instanceName + key);

    /// <summary>Removes what Microsoft's provider wrote under a data key, and nothing else.</summary>
    /// <returns>How many entries there were.</returns>
    public async ValueTask<long> RemoveUnmarkedAsync(IEnumerable<string> keys, OperationContext call)
    {
        var removed = 0L;
        foreach (var key in keys.Where(DataKeys.IsReserved))
        {
            var redis = await connection.OpenAsync(instanceName + key, Access.Write, call);
            removed += Replies.Integer(await redis.AwaitWriteAsync(Scripts.DeleteHash(redis.Database, redis.Key), call));
        }

        return removed;
    }

    private async ValueTask<string> LocateReservedAsync(string key, OperationContext call)
    {
        var unmarked = instanceName + key;
        var redis = await connection.OpenAsync(unmarked, Access.Read, call);
        try
        {
            var isTheirs = await redis.AwaitReplyAsync(redis.Database.HashExistsAsync(unmarked, "data", RedisCommands.Primary), call);
            return isTheirs ? unmarked : DataKeys.NameOf(instanceName, key);
        }
        catch (RedisServerException other) when (RedisErrors.IsWrongType(other))
        {
            // A generation or a response.
            return DataKeys.NameOf(instanceName, key);
        }
    }
}
