using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>Bounded lists of members, the one that was added last in front.</summary>
/// <remarks>Failure policy: throws what <see cref="RedisConnection"/> throws.</remarks>
internal sealed class VariantList(RedisConnection connection)
{
    /// <summary>Puts a member in front, wherever it was before.</summary>
    /// <param name="key">Of the list.</param>
    /// <param name="member">All members of a list have the same length.</param>
    /// <param name="most">How many are kept.</param>
    /// <param name="atLeast">How long the list lasts from now on, at least.</param>
    /// <param name="call">How to wait.</param>
    /// <returns>The oldest members, which are no longer in the list.</returns>
    public async ValueTask<string[]> AddAsync(string key, string member, int most, TimeSpan atLeast, OperationContext call)
    {
        var redis = await connection.OpenAsync(key, Access.Write, call);
        var dropped = await redis.AwaitReplyAsync(Scripts.Register(redis.Database, key, member, most, Expiry.Ttl.ToMilliseconds(atLeast)), call);
        return [.. Replies.Array(dropped).Select(Replies.Text).OfType<string>()];
    }
}
