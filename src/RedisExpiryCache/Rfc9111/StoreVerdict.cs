using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>Either for how long to store the response, or why not to.</summary>
internal readonly record struct StoreVerdict
{
    /// <summary>Set: store it. Otherwise <see cref="Reason"/> is.</summary>
    public StoredLifetime? Lifetime { get; private init; }

    public NoStoreReason? Reason { get; private init; }

    public static StoreVerdict Store(StoredLifetime lifetime) => new() { Lifetime = lifetime };

    public static StoreVerdict NoStore(NoStoreReason reason) => new() { Reason = reason };
}

/// <param name="FreshnessLifetime">Null: <paramref name="Sliding"/> alone decides.</param>
/// <param name="CorrectedInitialAge">How old the response was when it came.</param>
/// <param name="Sliding">How long the store keeps it after its last use; null: until the freshness lifetime ends, and
/// <paramref name="Retention"/> after it.</param>
/// <param name="Retention">How long a stale response is of use still.</param>
internal readonly record struct StoredLifetime(
    TimeSpan? FreshnessLifetime, TimeSpan CorrectedInitialAge, TimeSpan? Sliding, TimeSpan Retention = default)
{
    /// <summary>
    /// What is left of the freshness lifetime, and the time for which the response is of use beyond it; null when only sliding decides.
    /// </summary>
    public TimeSpan? TimeToLive =>
        FreshnessLifetime is { } lifetime ? DeltaSeconds.Clamp(DeltaSeconds.Add(lifetime, Retention) - CorrectedInitialAge) : null;

    /// <summary>RFC 5861 3, of the policy or the response.</summary>
    public TimeSpan? StaleWhileRevalidate { get; init; }

    /// <summary>RFC 5861 4, of the policy or the response.</summary>
    public TimeSpan? StaleIfError { get; init; }
}

/// <summary>How long a named policy wants responses kept; with neither value, the response's own headers decide.</summary>
internal readonly record struct PolicyLifetime(TimeSpan? Duration, TimeSpan? Sliding)
{
    /// <summary>For a response that says nothing itself; null: it is not stored.</summary>
    public TimeSpan? Fallback { get; init; }

    /// <summary>RFC 5861 3; null: the response decides.</summary>
    public TimeSpan? StaleWhileRevalidate { get; init; }

    /// <summary>RFC 5861 4; null: the response decides, or the settings.</summary>
    public TimeSpan? StaleIfError { get; init; }

    /// <summary>The policy says for how long, so that the response need not.</summary>
    public bool IsSet => (Duration ?? Sliding) is not null;
}
