using System.Runtime.CompilerServices;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>Executes commands: each takes the same steps, in the same order.</summary>
/// <remarks>
/// <list type="number">
/// <item>Connect, where there is no connection yet.</item>
/// <item>Ask the circuit breaker of the server that has the key.</item>
/// <item>Check the tombstones: a key whose eviction is pending is missing in this process.</item>
/// <item>Send.</item>
/// <item>Await the reply until the deadline of the operation.</item>
/// <item>Report success or failure to the circuit breaker.</item>
/// <item>Drop this process's copy of a key that was changed.</item>
/// </list>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </remarks>
internal sealed class RedisExecutor(RedisConnection connection)
{
    /// <returns>The reply; the default where a tombstone stands in the place of the key.</returns>
    public ValueTask<TReply?> ExecuteAsync<TArguments, TReply>(
        RedisCommand<TArguments, TReply> command, string key, TArguments arguments, OperationContext operation) =>
        ExecuteAsync(command, key, arguments, static reply => reply, operation);

    /// <summary>
    /// The same for a caller that waits in no frame of its own: a suspended frame costs as much as decoding a small reply.
    /// </summary>
    /// <param name="command">What to send.</param>
    /// <param name="key">The key that it is about.</param>
    /// <param name="arguments">For <see cref="RedisCommand{TArguments, TReply}.Send"/>.</param>
    /// <param name="decode">A static lambda. It gets the default where a tombstone stands in the place of the key.</param>
    /// <param name="operation">How to wait.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TResult> ExecuteAsync<TArguments, TReply, TResult>(
        RedisCommand<TArguments, TReply> command, string key, TArguments arguments, Func<TReply?, TResult> decode, OperationContext operation)
    {
        await connection.ReadyAsync(command.Access, operation);
        var redis = connection.RouteTo(key, command.Access);
        if (command.RespectsTombstones && connection.Pending.Contains(key))
            return decode(default);

        try
        {
            return decode(await AwaitAsync(redis, command, command.Send(redis.Database, key, arguments), operation));
        }
        catch (RedisServerException unknown) when (command.SendScript is not null && RedisErrors.IsUnknownScript(unknown))
        {
            // Routed once more, so that the frame above does not hold the route while it waits.
            var again = connection.RouteTo(key, command.Access);
            return decode(await AwaitAsync(again, command, command.SendScript(again.Database, key, arguments), operation));
        }
    }

    // No local function: one that captures allocates for each command.
    private static ValueTask<TReply> AwaitAsync<TArguments, TReply>(
        RedisRoute redis, RedisCommand<TArguments, TReply> command, Task<TReply> reply, OperationContext operation) =>
        command.ChangesValue ? redis.AwaitWriteAsync(reply, operation) : redis.AwaitReplyAsync(reply, operation);

    /// <summary>MGET, of keys that one server has.</summary>
    /// <param name="keys">At least one.</param>
    /// <param name="state">For <paramref name="decode"/>.</param>
    /// <param name="decode">A static lambda. A key whose eviction is pending is null, as a missing one is.</param>
    /// <param name="operation">How to wait.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TResult> GetAllAsync<TState, TResult>(
        string[] keys, TState state, Func<TState, string[], RedisValue[], TResult> decode, OperationContext operation)
    {
        await connection.ReadyAsync(Access.Read, operation);
        var redis = connection.RouteTo(keys[0], Access.Read);

        // Before it is sent: an eviction that is replayed while the reply is on its way no longer hides the key, and the reply is from
        // before it.
        var hidden = connection.Pending.Count == 0 ? null : Array.ConvertAll(keys, connection.Pending.Contains);
        var reply = redis.Database.StringGetAsync(Array.ConvertAll(keys, static key => (RedisKey)key), RedisCommands.Primary);
        var found = await redis.AwaitReplyAsync(reply, operation);
        for (var i = 0; i < hidden?.Length; i++)
        {
            if (hidden[i])
                found[i] = RedisValue.Null;
        }

        return decode(state, keys, found);
    }

    /// <summary>DEL, by one command where the keys allow it.</summary>
    /// <remarks>A cluster refuses keys of several slots. A key whose large write is in flight is deleted behind it, on the same
    /// connection.</remarks>
    /// <returns>How many of the keys there were.</returns>
    public async ValueTask<long> DeleteAsync(IReadOnlyCollection<string> keys, OperationContext operation)
    {
        await connection.ReadyAsync(Access.Write, operation);
        if (keys.Count == 0)
            return 0;

        if (keys.Count == 1 || !(connection.IsCluster || connection.Large.HasUnsettledWrites))
            return await connection.RouteTo(keys.First(), Access.Write).DeleteAsync(keys, operation);

        var deleted = await Task.WhenAll(
            keys.Select(async key => await connection.RouteTo(key, Access.Write).DeleteAsync([key], operation)));
        return deleted.Sum();
    }

    /// <summary>DEL of keys, each after its guards: by one command, or in a cluster one after the other.</summary>
    public async ValueTask DeleteAsync(string[] keys, string[] guards, OperationContext operation)
    {
        await connection.ReadyAsync(Access.Write, operation);
        if (!connection.IsCluster)
        {
            await connection.RouteTo(keys[0], Access.Write).DeleteAsync([.. guards, .. keys], operation);
            return;
        }

        try
        {
            await DeleteAsync(guards, operation);
        }
        finally
        {
            // What is stored goes, even where the guard's master is away and the eviction fails.
            await DeleteAsync(keys, operation);
        }
    }
}
