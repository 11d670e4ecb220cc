using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Tracking;

/// <summary>
/// A read that this process may keep a copy of. It asks for the time to live in front of the value, on the same connection: so that the one
/// is known when the other is. What changes between the two is told by Redis, and then there is no copy.
/// </summary>
internal readonly struct TrackedRead(NearFill fill, Task<TimeSpan?>? left)
{
    public bool IsOpen => left is not null;

    /// <summary>To be called before the value is asked for.</summary>
    public static TrackedRead Begin(NearCopies? copies, RedisRoute redis, string key)
    {
        var fill = copies?.Begin(key) ?? default;
        if (!fill.IsOpen)
            return default;

        var left = redis.Database.KeyTimeToLiveAsync(key, RedisCommands.Primary);
        ReplyAwaiter.Abandon(left);
        return new TrackedRead(fill, left);
    }

    /// <summary>Once the value is there. Closed where the time to live is not, for whatever reason.</summary>
    public NearFill End() => left is { IsCompletedSuccessfully: true } ? fill.EndingIn(left.Result) : default;
}
