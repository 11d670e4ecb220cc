namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A node whose wall clock is wrong. Its timers and timestamps run as they should.</summary>
public sealed class SkewedTimeProvider(TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + skew;
}
