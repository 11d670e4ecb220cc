namespace RedisExpiryCache.NearCache;

/// <summary>A read of Redis that may become a copy. Its default: one that may not.</summary>
internal readonly record struct NearFill
{
    private readonly NearCopies? copies;
    private readonly long begun;
    private readonly long deadline;

    public NearFill(NearCopies copies, string key, int version, long begun)
    {
        (this.copies, Key, Version, this.begun) = (copies, key, version, begun);
        deadline = long.MaxValue;
    }

    public string Key { get; } = "";

    public int Version { get; }

    public bool IsOpen => copies is not null;

    /// <summary>Whether a copy of so many bytes may be kept: to be asked before it is made.</summary>
    public bool IsOpenTo(long size) => copies is not null && copies.MayKeep(size);

    /// <summary>With what Redis says is left of the key (null: it has no end), counted from before it was asked: never too late.</summary>
    public NearFill EndingIn(TimeSpan? left)
    {
        if (copies is null || left is not { } span)
            return this;

        var ticks = span.TotalSeconds * copies.Time.TimestampFrequency;
        return new NearFill(this, ticks < long.MaxValue / 2d ? begun + (long)ticks : long.MaxValue);
    }

    private NearFill(NearFill other, long deadline)
    {
        this = other;
        this.deadline = deadline;
    }

    /// <summary>Of an entry that slides: whoever finds the copy touches it there.</summary>
    /// <param name="window">How long it lives from each slide on.</param>
    public NearSlide? SlideOf(TimeSpan? window) => copies is not null && window is { } span ? new NearSlide(copies, span, deadline) : null;

    /// <summary>Keeps a copy, unless the key has changed since the read was begun.</summary>
    /// <param name="value">Nobody changes it from here on.</param>
    /// <param name="size">In bytes, without the key.</param>
    /// <returns>Whether it is here now: else there was no room.</returns>
    public bool TryPut(object value, long size) => copies is not null && copies.TryPut(this, value, size, deadline);
}
