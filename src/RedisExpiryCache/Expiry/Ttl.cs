namespace RedisExpiryCache.Expiry;

/// <summary>The one rounding rule of a time to live, and the furthest moment that an expiry can name.</summary>
internal static class Ttl
{
    /// <summary>Nothing expires later than this; whatever asks for more gets this.</summary>
    public static readonly DateTimeOffset LastMoment = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    /// <summary>
    /// Whole milliseconds, Redis' own unit, rounded down so that nothing lives longer than was asked for; but a positive span is at
    /// least 1 ms, because Redis takes 0 for "delete now".
    /// </summary>
    public static long ToMilliseconds(TimeSpan span) =>
        span <= TimeSpan.Zero ? 0 : Math.Max(1, span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>Milliseconds as Redis counts them, which can be more than a <see cref="TimeSpan"/> holds.</summary>
    public static TimeSpan SpanOf(long milliseconds) => TimeSpan.FromTicks(
        Math.Clamp(milliseconds, 0, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond) * TimeSpan.TicksPerMillisecond);

    /// <summary>The moment that a server's clock shows, within what <see cref="DateTimeOffset"/> holds.</summary>
    public static DateTimeOffset MomentOf(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMilliseconds, 0, LastMoment.ToUnixTimeMilliseconds()));

    /// <summary><paramref name="now"/> + <paramref name="span"/>, at most <see cref="LastMoment"/>.</summary>
    public static DateTimeOffset EndOf(DateTimeOffset now, TimeSpan span) =>
        span >= LastMoment - now ? LastMoment : now + span;

    public static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
