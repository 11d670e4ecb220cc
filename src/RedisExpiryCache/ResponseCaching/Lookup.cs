using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>A request in the store's terms.</summary>
/// <param name="UrlKey">The key of its URL's generation.</param>
/// <param name="Identity">All that tells it apart from other requests, but for its fields.</param>
/// <param name="Tags">The tags that its response will carry, escaped, <see cref="ResponseKeys.EverythingTag"/> among them.</param>
/// <param name="FieldOf">Its fields.</param>
/// <param name="Budget">How long it may wait for the store.</param>
internal sealed record Question(string UrlKey, string Identity, string[] Tags, Func<string, StringValues> FieldOf, RequestBudget Budget);

/// <summary>What the store knew of a request, before the app ran. The body lives in a pooled buffer: dispose when the answer is sent.</summary>
internal sealed class Lookup : IDisposable
{
    private readonly EntryRead read;

    /// <summary>Nothing found, and nothing known that a response could be stored under.</summary>
    public Lookup(string? reason = null) => Reason = reason;

    public Lookup(UrlRecord? url, TagStamp[] stamps, string tagNote) => (Url, Stamps, TagNote) = (url, stamps, tagNote);

    /// <summary>Found.</summary>
    public Lookup(Lookup known, string key, CachedResponse response, ReadOnlyMemory<byte> body, EntryRead read)
        : this(known.Url, known.Stamps, known.TagNote)
    {
        (Key, Response, Body, this.read) = (key, response, body, read);
    }

    /// <summary>What is known of a URL and of the question's tags, <see cref="ResponseKeys.EverythingTag"/> among them.</summary>
    public static Lookup Known(UrlRecord url, TagState[] tags)
    {
        var note = Generations.NoteOf(Array.Find(tags, static tag => tag.Tag == ResponseKeys.EverythingTag).Value!);
        return new Lookup(url, Array.ConvertAll(tags, static tag => tag.Current), note) { Tags = tags };
    }

    /// <summary>Why the store could not be asked.</summary>
    public string? Reason { get; }

    /// <summary>The URL's generation before the app ran. Null: a response cannot be stored.</summary>
    public UrlRecord? Url { get; }

    /// <summary>The generations of the question's tags before the app ran.</summary>
    public TagStamp[] Stamps { get; } = [];

    /// <summary>What their keys held.</summary>
    public TagState[] Tags { get; init; } = [];

    /// <summary>Before the app ran; an eviction of any tag or group since has changed it.</summary>
    public string TagNote { get; } = "";

    /// <summary>As if the URL had had this generation at the time of the lookup; null: none.</summary>
    public Lookup Under(string? generation) => new(generation is null ? null : new UrlRecord(generation), Stamps, TagNote);

    /// <summary>What was looked for, found or not.</summary>
    public string? Key { get; private init; }

    /// <summary>There was nothing at all under <see cref="Key"/>, not even something out of date.</summary>
    public bool IsAbsent { get; private init; }

    /// <summary>A miss of a URL of which other variants may be stored is one for want of this one.</summary>
    public ForwardReason Precise(ForwardReason reason) => reason == ForwardReason.UriMiss && Url is { Names.Length: > 0 } ? ForwardReason.VaryMiss : reason;

    /// <summary>The resource's other variants, by their entity tags.</summary>
    public IEnumerable<UrlVariant> OthersOf(Question question)
    {
        if (Url is not { Variants.Length: > 0 })
            return [];

        var resource = KeyText.DigestOf(question.Identity);
        return Url.Variants.Where(variant => variant.Resource == resource && Key?.EndsWith(variant.Digest, StringComparison.Ordinal) is not true);
    }

    /// <summary>The same URL, looked up by another key, under which nothing was found.</summary>
    public Lookup Without(string key, bool isAbsent = false) => new(Url, Stamps, TagNote) { Key = key, IsAbsent = isAbsent, Tags = Tags };

    public CachedResponse? Response { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>All of it was in this process; Redis was not asked.</summary>
    public bool IsNear { get; init; }

    /// <summary>Where the slides of what was found are gathered; null: each is on its own.</summary>
    public NearSlide? Slide => read.Slide;

    public EntryExpiry Expiry => read.Expiry;

    /// <summary>What the response was stamped with when it was stored.</summary>
    public TagStamp[] StoredStamps => read.Tags;

    /// <summary>The generations, at the time of the lookup, of tags that the response named while it was made.</summary>
    public TagStamp[] LateStamps { get; init; } = [];

    public void Dispose() => read.Dispose();
}
