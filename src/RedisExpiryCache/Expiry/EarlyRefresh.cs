namespace RedisExpiryCache.Expiry;

/// <summary>
/// XFetch: each use of something that is about to expire may set off its renewal, with a chance that grows as the end nears, so that one of
/// many uses does it in time and hardly ever two. (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention,
/// 2015.)
/// </summary>
internal static class EarlyRefresh
{
    /// <param name="timeLeft">Until it expires.</param>
    /// <param name="cost">How long it took to make.</param>
    /// <param name="factor">1: as the paper has it; more: earlier; 0: never.</param>
    /// <param name="random">From 0, not included, to 1.</param>
    public static bool IsDue(TimeSpan timeLeft, TimeSpan cost, double factor, double random) =>
        factor > 0 && cost.TotalSeconds * factor * -Math.Log(random) >= timeLeft.TotalSeconds;
}
