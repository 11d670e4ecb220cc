using System.Buffers;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>RFC 9111 3.3 and 3.4: parts of a representation, put together where both are known to be of the same one.</summary>
internal static class PartialContent
{
    private const string ContentRange = "Content-Range";

    /// <summary>
    /// A part, joined to what is stored if their strong entity tags are the same and nothing is missing between them; anything else as it
    /// came.
    /// </summary>
    public static (CachedResponse Response, ReadOnlySequence<byte> Body) Combine(
        LookupResult lookup, CachedResponse response, ReadOnlySequence<byte> body, long limit)
    {
        if (response.Rules.Part is not { } part || body.Length != part.Range.Length)
            return (response, body);

        if (lookup.Response is { } stored && PartOf(stored, lookup.Body) is { } storedPart
            && EntityTags.StronglyEqual(stored.Rules.ETag, response.Rules.ETag)
            && stored["Content-Encoding"] == response["Content-Encoding"]
            && part.Join(storedPart) is { } joined && joined.Range.Length <= limit)
        {
            var bytes = new byte[joined.Range.Length];
            lookup.Body.CopyTo(bytes.AsMemory((int)(storedPart.Range.First - joined.Range.First)));
            body.CopyTo(bytes.AsSpan((int)(part.Range.First - joined.Range.First)));
            (part, body) = (joined, new ReadOnlySequence<byte>(bytes));
        }

        return (As(response, part, isJoined: part != response.Rules.Part), body);
    }

    /// <summary>A part would take the place of a whole response that it does not contradict.</summary>
    public static bool IsLessThanStored(LookupResult lookup, CachedResponse response) =>
        response.Rules.Part is not null && lookup.Response is { StatusCode: StatusCodes.Status200OK, Rules: { } stored }
        && (stored.IsETagOurs || stored.ETag is null || response.Rules.ETag is null || EntityTags.WeaklyEqual(stored.ETag, response.Rules.ETag));

    private static StoredRange? PartOf(CachedResponse stored, ReadOnlyMemory<byte> body)
    {
        if (stored.Rules.IsETagOurs || body.IsEmpty)
            return null;

        var part = stored.Rules.Part ?? (stored.StatusCode == StatusCodes.Status200OK ? new StoredRange(new ByteRange(0, body.Length - 1), body.Length) : null);
        return part?.Range.Length == body.Length ? part : null;
    }

    private static CachedResponse As(CachedResponse response, StoredRange part, bool isJoined)
    {
        var fields = response.Fields.Where(field =>
            !field.Key.Equals(ContentRange, StringComparison.OrdinalIgnoreCase) && !(isJoined && StoredHeaders.IsOfTheseBytes(field.Key)));
        return part.IsWhole
            ? new CachedResponse([.. fields], response.Rules with { StatusCode = StatusCodes.Status200OK, Part = null })
            : new CachedResponse([.. fields, new(ContentRange, part.ContentRange)], response.Rules with { Part = part });
    }
}
