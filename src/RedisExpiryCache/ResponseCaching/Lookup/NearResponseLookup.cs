using RedisExpiryCache.Concurrency;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>
/// Stored responses in this process: a hit where the URL's generation, those of all tags and the response itself are all here, and agree.
/// Anything else is a matter for Redis: nothing is stored, refused or called absent by what is known here.
/// </summary>
internal sealed class NearResponseLookup(
    NearCopies? copies, GenerationStore generations, ResponseKeys keys, BoundedCache<VariantIndex> urls)
{
    /// <summary>Of a field's name and value, beside their characters, about.</summary>
    private const int FieldOverhead = 100;

    public bool IsOn => copies is { IsTrusted: true };

    /// <summary>Null: Redis has to be asked.</summary>
    public LookupResult? Find(LookupRequest question)
    {
        if (copies is null || generations.FindNear(question.UrlKey) is not { } value || StatesOf(question.Named) is not { } tags)
            return null;

        var url = urls.Find(question.UrlKey) is { } known && known.Value == value ? known : new VariantIndex(value);
        if (!url.HasResponses)
            return null;

        var key = keys.VariantOf(question, url);
        if (copies.Find<FoundResponse>(key) is not { } copy || LateStatesOf(copy.Read.Tags, tags) is not { } late)
            return null;

        if (TagState.StandingOf(copy.Read.Tags, late.Length == 0 ? tags : [.. tags, .. late]) != GenerationStatus.Current)
            return null;

        return new LookupResult(url, tags, key, copy)
        {
            LateStamps = TagState.StampsOf(late),
            IsNear = true,
        };
    }

    /// <summary>Keeps what was read from Redis, if it may be kept.</summary>
    /// <returns>The entry, which gathers its slides if it is here from now on.</returns>
    public static EntryReadResult TryCache(EntryReadResult read, CachedResponse response, ReadOnlyMemory<byte> body)
    {
        if (!read.Fill.IsOpenTo(body.Length))
            return read;

        var size = (long)body.Length + read.Tags.Sum(static stamp => (2 * stamp.Tag.Length) + FieldOverhead);
        foreach (var (name, lines) in response.Fields)
            size += FieldOverhead + (2 * (name.Length + lines.Sum(static line => line?.Length ?? 0)));

        var sliding = read with { Slide = read.Fill.SlideOf(read.Expiry.Sliding) };
        return read.Fill.TryPut(new FoundResponse(response, body.ToArray(), sliding.With(payload: default)), size) ? sliding : read;
    }

    private TagState[]? StatesOf(TagNames named)
    {
        var states = new TagState[named.Tags.Length];
        for (var i = 0; i < states.Length; i++)
        {
            if (generations.FindNear(named.Keys[i]) is not { } value)
                return null;

            states[i] = new TagState(named.Tags[i], value);
        }

        return states;
    }

    /// <summary>Of the tags that the response has and the question has not.</summary>
    private TagState[]? LateStatesOf(TagGeneration[] stamps, TagState[] known) =>
        TagState.UnknownAmong(stamps, known) is { Length: > 0 } late ? StatesOf(keys.Names(late)) : [];
}
