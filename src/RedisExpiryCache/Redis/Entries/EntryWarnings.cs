using Microsoft.Extensions.Logging;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>What both layers warn of about an entry under a key: each once a minute.</summary>
internal sealed class EntryWarnings(ILogger logger)
{
    private readonly LogThrottle throttle = new();

    public void Unreadable(string key, MissReason miss)
    {
        var reason = miss.Token();
        if (throttle.IsDue($"entry {reason}", out var suppressed, key))
            logger.EntryUnreadable(key, reason, suppressed);
    }

    /// <returns>The kind of the failure.</returns>
    public string SlideFailed(string key, Exception failure)
    {
        var kind = RedisErrors.KindOf(failure).Token();
        if (throttle.IsDue($"slide {kind}", out var suppressed))
            logger.SlideFailed(key, kind, suppressed, failure);

        return kind;
    }
}
