namespace RedisExpiryCache.NearCache;

/// <summary>A read of Redis that may become a copy. Its default: one that may not.</summary>
internal readonly record struct NearFill
{
    private readonly Reading? reading;
    private readonly long deadline;

    public NearFill(NearCopies copies, string key, int version, long begun)
        : this(new Reading(copies, key, version, begun), long.MaxValue)
    {
    }

    private NearFill(Reading reading, long deadline) => (this.reading, this.deadline) = (reading, deadline);

    public bool IsOpen => reading is not null;

    /// <summary>Whether a copy of so many bytes may be kept: to be asked before it is made.</summary>
    public bool IsOpenTo(long size) => reading is not null && reading.Copies.MayKeep(size);

    /// <summary>With what Redis says is left of the key (null: it has no end), counted from before it was asked: never too late.</summary>
    public NearFill EndingIn(TimeSpan? left)
    {
        if (reading is null || left is not { } span)
            return this;

        var ticks = span.TotalSeconds * reading.Copies.Time.TimestampFrequency;
        return new NearFill(reading, ticks < long.MaxValue / 2d ? reading.Begun + (long)ticks : long.MaxValue);
    }

    /// <summary>Of an entry that slides: whoever finds the copy touches it there.</summary>
    /// <param name="window">How long it lives from each slide on.</param>
    public NearSlide? SlideOf(TimeSpan? window) =>
        reading is not null && window is { } span ? new NearSlide(reading.Copies, span, deadline) : null;

    /// <summary>Keeps a copy, unless the key has changed since the read was begun.</summary>
    /// <param name="value">Nobody changes it from here on.</param>
    /// <param name="size">In bytes, without the key.</param>
    /// <returns>Whether it is here now: else there was no room.</returns>
    public bool TryPut(object value, long size) =>
        reading is not null && reading.Copies.TryPut(reading.Key, reading.Version, value, size, deadline);

    /// <summary>As it was begun; apart, because a read hands its fill on several times, and mostly there is none.</summary>
    private sealed record Reading(NearCopies Copies, string Key, int Version, long Begun);
}
