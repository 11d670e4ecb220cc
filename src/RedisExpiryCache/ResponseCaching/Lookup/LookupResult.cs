using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>A request in the store's terms.</summary>
/// <param name="Target">What it asks for.</param>
/// <param name="Named">The tags that its response will carry.</param>
/// <param name="Fields">Its fields.</param>
/// <param name="Budget">How long it may wait for the store.</param>
internal sealed record LookupRequest(RequestKey Target, TagNames Named, IHeaderDictionary Fields, RequestTimeLimit Budget)
{
    /// <summary>The key of its URL's generation.</summary>
    public string UrlKey => Target.UrlKey;

    /// <summary>All that tells it apart from other requests, but for its fields.</summary>
    public string Identity => Target.Identity;

    /// <summary>The tags that its response will carry, escaped, <see cref="ResponseKeys.AllResponsesTag"/> among them.</summary>
    public string[] Tags => Named.Tags;

    /// <summary>The same with a copy of its fields, for a lookup that may outlast the request.</summary>
    /// <remarks>The server reuses the dictionary of fields for the next request.</remarks>
    public LookupRequest Kept() => this with
    {
        Fields = new HeaderDictionary(new Dictionary<string, StringValues>(Fields, StringComparer.OrdinalIgnoreCase)),
    };
}

/// <summary>Tags, escaped, and the key of each.</summary>
internal sealed record TagNames(string[] Tags, string[] Keys)
{
    public static readonly TagNames None = new([], []);
}

/// <summary>
/// What the store knew of a request, before the app ran. The body lives in a pooled buffer: dispose when the answer is sent.
/// </summary>
internal sealed class LookupResult : IDisposable
{
    private readonly FoundResponse? found;

    // Reason or Absent: a field for each would make every hit larger.
    private readonly object? reasonOrAbsent;

    /// <summary>Nothing found, and nothing known that a response could be stored under.</summary>
    public LookupResult(string? reason = null) => reasonOrAbsent = reason;

    /// <param name="url">What is known of the URL; null: a response cannot be stored.</param>
    /// <param name="tags">What the keys of the question's tags held, <see cref="ResponseKeys.AllResponsesTag"/> among them.</param>
    public LookupResult(VariantIndex? url, TagState[] tags) => (Url, Tags) = (url, tags);

    /// <summary>Found.</summary>
    public LookupResult(VariantIndex? url, TagState[] tags, string key, FoundResponse found)
        : this(url, tags) => (Key, this.found) = (key, found);

    /// <summary>Why the store could not be asked.</summary>
    public string? Reason => reasonOrAbsent as string;

    /// <summary>The URL's generation before the app ran. Null: a response cannot be stored.</summary>
    public VariantIndex? Url { get; }

    /// <summary>The generations that were absent; null: none.</summary>
    /// <remarks>In <see cref="Url"/> and <see cref="Tags"/> their guards stand for them.</remarks>
    public AbsentGenerations? Absent
    {
        get => reasonOrAbsent as AbsentGenerations;
        init => reasonOrAbsent = value;
    }

    /// <summary>The generations of the question's tags before the app ran.</summary>
    public TagGeneration[] Stamps => field ??= TagState.StampsOf(Tags);

    /// <summary>What their keys held.</summary>
    public TagState[] Tags { get; } = [];

    /// <summary>Before the app ran; an eviction of any tag or group since has changed it.</summary>
    public string TagNote => Array.Find(Tags, static tag => tag.Tag == ResponseKeys.AllResponsesTag).Value is { } everything ? GenerationValue.NoteOf(everything) : "";

    /// <summary>As if the URL had had this generation at the time of the lookup; null: none.</summary>
    public LookupResult Under(string? generation) => new(generation is null ? null : new VariantIndex(generation), Tags);

    /// <summary>What was looked for, found or not.</summary>
    public string? Key { get; private init; }

    /// <summary>There was nothing at all under <see cref="Key"/>, not even something out of date.</summary>
    public bool IsAbsent { get; private init; }

    /// <summary>A miss of a URL of which other variants may be stored is one for want of this one.</summary>
    public ForwardReason RefineReason(ForwardReason reason) =>
        reason == ForwardReason.UriMiss && Url is { Names.Length: > 0 } ? ForwardReason.VaryMiss : reason;

    /// <summary>The resource's other variants that a 304 may select for this request, by their entity tags.</summary>
    /// <remarks>
    /// Only where all selecting fields negotiate content. A variant by Cookie may be another user's, and an application that derives its
    /// entity tags from a version of the data gives both users the same one.
    /// </remarks>
    public IEnumerable<UrlVariant> OthersOf(LookupRequest question)
    {
        if (Url is not { Variants.Length: > 0 } || !Rfc9111.Variants.AreNegotiated(Url.Names))
            return [];

        var resource = question.Target.Digest;
        return Url.Variants.Where(variant => variant.Resource == resource && Key?.EndsWith(variant.Digest, StringComparison.Ordinal) is not true);
    }

    /// <summary>The same URL, looked up by another key, under which nothing was found.</summary>
    public LookupResult Without(string key, bool isAbsent = false) => new(Url, Tags) { Key = key, IsAbsent = isAbsent, Absent = Absent };

    /// <summary>The same, and nothing was found: for what is done after the buffer of the body has gone back.</summary>
    public LookupResult WithoutResponse() => Key is null ? this : Without(Key, IsAbsent);

    public CachedResponse? Response => found?.Response;

    public ReadOnlyMemory<byte> Body => found?.Body ?? default;

    /// <summary>All of it was in this process; Redis was not asked.</summary>
    public bool IsNear { get; init; }

    /// <summary>Where the slides of what was found are gathered; null: each is on its own.</summary>
    public NearSlide? Slide => found?.Read.Slide;

    public EntryExpiry Expiry => found?.Read.Expiry ?? default;

    /// <summary>What the response was stamped with when it was stored.</summary>
    public TagGeneration[] StoredStamps => found?.Read.Tags ?? [];

    /// <summary>The generations, at the time of the lookup, of tags that the response named while it was made.</summary>
    public TagGeneration[] LateStamps { get; init; } = [];

    /// <summary>
    /// Whether what was found for somebody who asked at the same time is what this question would have found. By the guessed key, which
    /// stands for all that tells the two requests apart as far as was known when they asked.
    /// </summary>
    public bool Answers(LookupRequest question, string guessedKey)
    {
        if (Response is null || Key != guessedKey || Tags.Length != question.Tags.Length)
            return false;

        for (var i = 0; i < Tags.Length; i++)
        {
            if (Tags[i].Tag != question.Tags[i])
                return false;
        }

        return true;
    }

    /// <summary>The same for so many, of whom each disposes of it.</summary>
    public LookupResult SharedBy(int count) => found is null || count == 1
        ? this
        : new LookupResult(Url, Tags, Key!, found with { Read = found.Read.SharedBy(count) }) { LateStamps = LateStamps, Absent = Absent };

    public void Dispose() => found?.Read.Dispose();
}

/// <summary>
/// A stored response as it was read. The body lives in the buffer of <paramref name="Read"/>, unless it was copied from there.
/// </summary>
internal sealed record FoundResponse(CachedResponse Response, ReadOnlyMemory<byte> Body, EntryReadResult Read);
