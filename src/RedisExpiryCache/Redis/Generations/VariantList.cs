using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>Bounded lists of members, the one that was added last in front.</summary>
/// <remarks>Failure policy: throws what <see cref="RedisConnection"/> throws.</remarks>
internal sealed class VariantList(RedisExecutor executor)
{
    private static readonly RedisCommand<(string Member, int Most, long AtLeastMs), RedisResult> Add = new(
        Access.Write, static (database, key, add) => Scripts.Register(database, key, add.Member, add.Most, add.AtLeastMs));

    /// <summary>Puts a member in front, wherever it was before.</summary>
    /// <param name="key">Of the list.</param>
    /// <param name="member">All members of a list have the same length.</param>
    /// <param name="most">How many are kept.</param>
    /// <param name="atLeast">How long the list lasts from now on, at least.</param>
    /// <param name="call">How to wait.</param>
    /// <returns>The oldest members, which are no longer in the list.</returns>
    public async ValueTask<string[]> AddAsync(string key, string member, int most, TimeSpan atLeast, OperationContext call)
    {
        var dropped = await executor.ExecuteAsync(Add, key, (member, most, Ttl.ToMilliseconds(atLeast)), call);
        return [.. Replies.Array(dropped!).Select(Replies.Text).OfType<string>()];
    }
}
