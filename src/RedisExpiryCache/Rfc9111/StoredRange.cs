using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9110 14.4: bytes of a representation whose length is known.</summary>
internal readonly record struct StoredRange(ByteRange Range, long CompleteLength)
{
    public static StoredRange? Parse(string? contentRange) =>
        Ranges.TryParseContentRange(contentRange, out var range, out var complete) && complete is { } length ? new StoredRange(range, length) : null;

    /// <summary>All that is asked for is here. Null: the whole was asked for.</summary>
    public bool Covers(ByteRange[]? asked)
    {
        var range = Range;
        return asked is { Length: > 0 } && Array.TrueForAll(asked, one => one.First >= range.First && one.Last <= range.Last);
    }

    /// <summary>Of a part with fewer bytes than it should have: each range begins with one that is there.</summary>
    public bool BeginsWithin(ByteRange[]? asked, long bodyLength)
    {
        var end = Range.First + bodyLength;
        return asked is null || Array.TrueForAll(asked, one => one.First < end);
    }

    public bool IsWhole => Range.First == 0 && Range.Last == CompleteLength - 1;

    /// <summary>Both together; null when something is missing between them, or they are not of the same thing.</summary>
    public StoredRange? Join(in StoredRange other) =>
        other.CompleteLength == CompleteLength && other.Range.First <= Range.Last + 1 && Range.First <= other.Range.Last + 1
            ? new StoredRange(new ByteRange(Math.Min(Range.First, other.Range.First), Math.Max(Range.Last, other.Range.Last)), CompleteLength)
            : null;

    public string ContentRange => Ranges.ContentRange(Range, CompleteLength);
}
