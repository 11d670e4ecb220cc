using Microsoft.Extensions.Caching.Distributed;

namespace RedisExpiryCache.Expiry;

/// <summary>
/// When an entry ends: after a time without a read, at a moment, at whichever comes first, or never. Moments are those of the Redis
/// server's clock, so that nodes with different clocks mean the same.
/// </summary>
internal readonly record struct EntryExpiry(TimeSpan? Sliding, DateTimeOffset? AbsoluteEnd)
{
    /// <summary>An end relative to now wins over an absolute one, as in Microsoft's providers.</summary>
    public static EntryExpiry From(DistributedCacheEntryOptions options, DateTimeOffset serverNow)
    {
        var absoluteEnd = options.AbsoluteExpirationRelativeToNow is { } relative
            ? Ttl.EndOf(serverNow, relative)
            : options.AbsoluteExpiration is { } end ? Ttl.Earlier(end.ToUniversalTime(), Ttl.LastMoment) : (DateTimeOffset?)null;

        return new EntryExpiry(options.SlidingExpiration, absoluteEnd);
    }

    /// <summary>The time to live as of now, in milliseconds: null means for ever, 0 that the end has passed.</summary>
    public long? TimeToLiveMs(DateTimeOffset serverNow) => EndAsOf(serverNow) is { } end ? Ttl.ToMilliseconds(end - serverNow) : null;

    private DateTimeOffset? EndAsOf(DateTimeOffset serverNow) => (Sliding, AbsoluteEnd) switch
    {
        ({ } sliding, { } end) => Ttl.Earlier(end, Ttl.EndOf(serverNow, sliding)),
        ({ } sliding, null) => Ttl.EndOf(serverNow, sliding),
        (null, var end) => end,
    };
}
