using RedisExpiryCache.Expiry;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>
/// The expiry fields of an entry as Microsoft's RedisCache 10.0 keeps it: a hash of <c>absexp</c> and <c>sldexp</c> (ticks, -1 for none)
/// and <c>data</c>. Its <c>absexp</c> counts UTC ticks. We add a field <c>tags</c>, which Microsoft's provider does not look at.
/// </summary>
internal readonly record struct MicrosoftEntryFields(long AbsoluteTicks, long SlidingTicks)
{
    private const long None = -1;

    public static MicrosoftEntryFields From(EntryExpiry expiry) => new(expiry.AbsoluteEnd?.UtcTicks ?? None, expiry.Sliding?.Ticks ?? None);

    /// <summary>False when the numbers are none that an expiry could have.</summary>
    public bool TryGetExpiry(out EntryExpiry expiry)
    {
        var valid = AbsoluteTicks is >= None and <= 3155378975999999999 && SlidingTicks is None or > 0;
        expiry = valid
            ? new EntryExpiry(
                SlidingTicks == None ? null : TimeSpan.FromTicks(SlidingTicks),
                AbsoluteTicks == None ? null : new DateTimeOffset(AbsoluteTicks, TimeSpan.Zero))
            : default;
        return valid;
    }
}
