using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>Data keys that begin with a reserved word, on a Redis where Microsoft's provider writes them unmarked.</summary>
/// <remarks>Its entry is a hash, which nothing else of this library is. The newer one counts: a write here removes that hash.</remarks>
internal sealed class ReservedDataKeys(RedisExecutor executor, string instanceName)
{
    private static readonly RedisCommand<int, RedisResult> DeleteHash = new(
        Access.Write, static (database, key, _) => Scripts.DeleteHash(database, key))
    { ChangesValue = true };

    private static readonly RedisCommand<int, bool> HasData = new(
        Access.Read, static (database, key, _) => database.HashExistsAsync(key, "data", RedisCommands.Primary));

    /// <summary>The Redis key that holds the entry of a data key, or will hold it.</summary>
    public ValueTask<string> LocateAsync(string key, OperationContext call) =>
        DataKeys.IsReserved(key) ? LocateReservedAsync(key, call) : new ValueTask<string>(instanceName + key);

    /// <summary>Removes what Microsoft's provider wrote under a data key, and nothing else.</summary>
    /// <returns>How many entries there were.</returns>
    public async ValueTask<long> RemoveUnmarkedAsync(IEnumerable<string> keys, OperationContext call)
    {
        var removed = 0L;
        foreach (var key in keys.Where(DataKeys.IsReserved))
            removed += Replies.Integer((await executor.ExecuteAsync(DeleteHash, instanceName + key, 0, call))!);

        return removed;
    }

    private async ValueTask<string> LocateReservedAsync(string key, OperationContext call)
    {
        var unmarked = instanceName + key;
        try
        {
            return await executor.ExecuteAsync(HasData, unmarked, 0, call) ? unmarked : DataKeys.NameOf(instanceName, key);
        }
        catch (RedisServerException other) when (RedisErrors.IsWrongType(other))
        {
            // A generation or a response.
            return DataKeys.NameOf(instanceName, key);
        }
    }
}
