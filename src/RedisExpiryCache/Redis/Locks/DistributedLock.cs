using System.Security.Cryptography;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Locks;

/// <summary>What is known of a lock that somebody else may hold.</summary>
internal enum LockState
{
    /// <summary>Nobody has it, or who had it is gone.</summary>
    Free,

    /// <summary>A node has it.</summary>
    Held,

    /// <summary>Who had it has said that nobody needs it for the moment.</summary>
    NotNeeded,
}

/// <summary>
/// One node's turn at something: <c>SET NX PX</c> with a random token, which goes by itself when its holder is gone, and which nobody but
/// its holder releases. It saves work and guards nothing: whoever waits too long goes on without it.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class DistributedLock(RedisExecutor executor)
{
    private static readonly RedisCommand<(string Token, long LastingMs, string? Result), RedisResult[]> Acquire = new(
        Access.Write,
        static (database, key, taking) =>
        {
            var taken = database.ExecuteAsync("SET", [(RedisKey)key, taking.Token, "NX", "PX", taking.LastingMs], RedisCommands.Primary);
            return taking.Result is { } result
                ? Task.WhenAll(taken, database.ExecuteAsync("EXISTS", [(RedisKey)result], RedisCommands.Primary))
                : Task.WhenAll(taken);
        });

    private static readonly RedisCommand<int, RedisValue> Get = new(
        Access.Read, static (database, key, _) => database.StringGetAsync(key, RedisCommands.Primary));

    private static readonly RedisCommand<(string Token, long? NotNeededMs), RedisResult> Release = new(
        Access.Write, static (database, key, release) => Scripts.Release(database, key, release.Token, NotNeeded, release.NotNeededMs));

    private const string NotNeeded = "-";

    /// <param name="key">The lock.</param>
    /// <param name="lasting">How long it stays when its holder is gone.</param>
    /// <param name="result">The key that its holder is going to fill, if that was empty when the caller looked: it is looked at again, in
    /// the same round trip. Null: it was not.</param>
    /// <param name="call">How to wait.</param>
    /// <returns>The holder's token, null if somebody else has the lock; and whether somebody has filled the key since.</returns>
    public async ValueTask<(string? Token, bool IsDone)> TryAcquireAsync(string key, TimeSpan lasting, string? result, OperationContext call)
    {
        var token = RandomNumberGenerator.GetHexString(32);
        var replies = (await executor.ExecuteAsync(Acquire, key, (token, Ttl.ToMilliseconds(lasting), result), call))!;
        return (replies[0].IsNull ? null : token, replies.Length > 1 && Replies.Integer(replies[1]) > 0);
    }

    public async ValueTask<LockState> ReadAsync(string key, OperationContext call)
    {
        var holder = await executor.ExecuteAsync(Get, key, 0, call);
        return holder.IsNull ? LockState.Free : holder == NotNeeded ? LockState.NotNeeded : LockState.Held;
    }

    /// <summary>Does nothing where somebody else has the lock by now.</summary>
    /// <param name="key">The lock.</param>
    /// <param name="token">Its holder's.</param>
    /// <param name="notNeededFor">For so long nobody is to wait for it; null: the next one may take it.</param>
    /// <param name="call">How to wait.</param>
    public async ValueTask ReleaseAsync(string key, string token, TimeSpan? notNeededFor, OperationContext call)
    {
        await executor.ExecuteAsync(Release, key, (token, notNeededFor is { } span ? Ttl.ToMilliseconds(span) : null), call);
    }
}
