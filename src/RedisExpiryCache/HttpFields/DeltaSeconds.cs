namespace RedisExpiryCache.HttpFields;

/// <summary>RFC 9111 1.2.2: whole non-negative seconds, and arithmetic that stops at 2^31 of them instead of overflowing.</summary>
internal static class DeltaSeconds
{
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(2_147_483_648L);

    /// <summary>Digits only: a sign, a fraction, a space or nothing at all is no delta-seconds.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text.IsEmpty)
            return false;

        long seconds = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            seconds = Math.Min(seconds * 10 + (c - '0'), 2_147_483_648L);
        }

        value = TimeSpan.FromSeconds(seconds);
        return true;
    }

    public static TimeSpan Clamp(TimeSpan value) =>
        value < TimeSpan.Zero ? TimeSpan.Zero : value > Max ? Max : value;

    public static TimeSpan? Clamp(TimeSpan? value) => value is { } some ? Clamp(some) : null;

    /// <summary>The time from one moment to a later one; zero where the clock went back.</summary>
    public static TimeSpan Between(DateTimeOffset from, DateTimeOffset to) => Clamp(to - from);

    public static TimeSpan Add(TimeSpan a, TimeSpan b) => Clamp(Clamp(a) + Clamp(b));
}
