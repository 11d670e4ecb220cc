using Microsoft.Extensions.Logging;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache;

/// <summary>What both layers warn of about an entry under a key: each once a minute.</summary>
internal sealed class EntryWarnings(ILogger logger)
{
    private readonly LogThrottle throttle = new();

    public void Unreadable(string key, EntryMiss miss)
    {
        var reason = miss.Token();
        if (throttle.IsDue($"{key} {reason}"))
            logger.EntryUnreadable(key, reason);
    }

    /// <returns>The kind of the failure.</returns>
    public string SlideFailed(string key, Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        if (throttle.IsDue($"slide {kind}"))
            logger.SlideFailed(key, kind, failure);

        return kind;
    }
}
