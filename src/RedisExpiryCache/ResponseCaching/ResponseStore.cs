using System.Buffers;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Responses in Redis. What is stored hangs on generations (see <see cref="ResponseKeys"/>): a response is kept under its URL's and stamped with those
/// of its tags, all of them read before the app ran. An eviction deletes a generation. So neither a response that was being made at the time,
/// nor a write that Redis applies late, can be reached after it:
/// <code>
///   request: reads generation 1, runs the app …………………………………… stores under generation 1
///   eviction:                        DEL generation         (nobody looks there: the next request makes generation 2)
/// </code>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; the middleware catches.</para>
/// </summary>
internal sealed class ResponseStore(RedisEntries entries, Generations generations, ServerClock clock, ResponseKeys keys, ResponseReport report)
{
    private const int RememberedUrls = 20_000;

    // What each URL's key held last. With it one round trip asks for the generations and the response alike; were it wrong, a second asks again.
    private readonly Recent<UrlRecord> urls = new(RememberedUrls);

    /// <summary>One round trip in the steady state; two where this process does not know the URL yet, or it has changed.</summary>
    /// <param name="question">The request.</param>
    /// <param name="mayStore">Make the generations that are missing, so that the app's response can be stored.</param>
    /// <param name="call">Since when the request waits for the store.</param>
    public async ValueTask<Lookup> FindAsync(Question question, bool mayStore, Call call)
    {
        string[] generationKeys = [question.UrlKey, .. question.Tags.Select(keys.TagOf)];
        var guess = urls.Find(question.UrlKey);
        var guessedKey = guess is { HasResponses: true } ? KeyOf(question, guess) : null;
        var guessed = guessedKey is null ? null : entries.ReadAsync(guessedKey, call).AsTask();
        var asked = guess is null && mayStore
            ? generations.ReadOrCreateAsync(generationKeys, Generations.Slack, call).AsTask()
            : generations.ReadAsync(generationKeys, call).AsTask();

        await Task.WhenAll(guessed ?? Task.CompletedTask, asked);
        var values = await asked;
        if (guess is not null && mayStore && values.Contains(null))
            values = await generations.ReadOrCreateAsync(generationKeys, Generations.Slack, call);

        if (values.Contains(null))
        {
            (guessed is null ? default : await guessed).Dispose();
            return new Lookup();
        }

        var url = values[0] == guess?.Value ? guess! : new UrlRecord(values[0]!);
        if (url != guess)
            urls.Remember(question.UrlKey, url);

        TagStamp[] stamps = [.. question.Tags.Zip(values.Skip(1), static (tag, value) => new TagStamp(tag, Generations.IdOf(value!)))];
        var tagNote = Generations.NoteOf(values[1 + Array.IndexOf(question.Tags, ResponseKeys.EverythingTag)]!);
        var key = KeyOf(question, url);
        var read = await ReadVariant(url, key, guessedKey, guessed, call);
        return await Checked(new Lookup(url, stamps, tagNote).Without(key), key, read, call);
    }

    /// <summary>Another variant of the URL that was looked up.</summary>
    public async ValueTask<Lookup> FindVariantAsync(Question question, Lookup lookup, UrlVariant variant)
    {
        var call = Call.Detached();
        var key = ResponseKeys.VariantOf(question.UrlKey, lookup.Url!.Generation, variant.Digest);
        return await Checked(lookup.Without(key), key, await entries.ReadAsync(key, call), call);
    }

    /// <summary>DEL of one stored response: it is known to hold no longer.</summary>
    public async ValueTask ForgetAsync(Lookup lookup) => await entries.RemoveAsync([lookup.Key!], Call.Detached());

    /// <summary>Stores a response with its expiry, where requests like this one will find it.</summary>
    /// <returns>False when an eviction came since the lookup: what was written can never be served.</returns>
    public async ValueTask<bool> StoreAsync(
        Question question, Lookup lookup, CachedResponse response, LateTags lateTags, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body)
    {
        var call = Call.Detached();
        if (await StampsOf(lookup, lateTags, call) is not { } stamps)
            return false;

        var url = lookup.Url!;
        var union = Variants.Union(url.Names, names);
        var digest = keys.DigestOf(question.Identity, union, question.FieldOf);
        var stored = url.With(union, new UrlVariant(digest, KeyText.DigestOf(question.Identity), TagToAskAbout(response)));
        var now = await clock.NowAsync(call);
        var expiry = new EntryExpiry(lifetime.Sliding, lifetime.TimeToLive is { } left ? Ttl.EndOf(now, left) : null);
        var payload = new EntryPayload(CachedResponseFormat.EncodeHead(response), body);

        var write = entries.WriteAsync(ResponseKeys.VariantOf(question.UrlKey, stored.Generation, digest), payload, expiry, stamps, now, call).AsTask();
        var kept = KeepAsync(question.UrlKey, stored.Generation, Generations.NoteOf(stored.Value), stamps, lifetime.TimeToLive ?? lifetime.Sliding!.Value, call);
        await Task.WhenAll(write, kept);
        urls.Remember(question.UrlKey, stored);
        return await kept;
    }

    /// <summary><see cref="StoreAsync"/>, with its outcome told to the log and the metrics.</summary>
    /// <returns>False when it is not stored, a failure included.</returns>
    public async Task<bool> TryStoreAsync(
        Exchange exchange, Lookup lookup, CachedResponse response, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body, TagStamp[]? inherited = null)
    {
        try
        {
            var groups = CacheGroups.Parse(response[CacheGroups.MembershipField]).Select(group => ResponseKeys.GroupTag(exchange.Context.Request, group));
            string[] lateTags = [.. groups.Concat(exchange.Serving.Tags.Select(ResponseKeys.EscapedTag)).Except(exchange.Question.Tags, StringComparer.Ordinal).Except((inherited ?? []).Select(static stamp => stamp.Tag))];
            if (await StoreAsync(exchange.Question, lookup, response, new LateTags(lateTags, inherited ?? []), names, lifetime, body))
            {
                report.Stored(exchange.Path, lifetime.TimeToLive ?? lifetime.Sliding);
                return true;
            }

            report.NotStored(exchange.Path, NoStoreReason.Evicted.Token());
        }
        catch (Exception failure)
        {
            report.NotStored(exchange.Path, report.StoreFailed(failure));
        }

        return false;
    }

    /// <summary>Rides behind a hit of a sliding response; nobody waits for it.</summary>
    public async Task SlideBehindAsync(string urlKey, Lookup hit)
    {
        var (key, url, stamps, expiry) = (hit.Key!, hit.Url!, hit.Stamps, hit.Expiry);
        var call = Call.Detached();
        try
        {
            await entries.SlideAsync(key, call);
            if (expiry is { Sliding: { } window, AbsoluteEnd: null })
                await KeepAsync(urlKey, url.Generation, note: null, stamps, window, call);
        }
        catch (Exception failure)
        {
            report.SlideFailed(key, failure);
        }
    }

    /// <summary>
    /// The stamps of the lookup, and those of tags (and groups, RFC 9875) that were named only while the response was made. Their generations are read now, so it has to be known
    /// that no tag was evicted since the lookup; the note says so.
    /// </summary>
    private async ValueTask<TagStamp[]?> StampsOf(Lookup lookup, LateTags lateTags, Call call)
    {
        if (lateTags.Named.Length == 0)
            return [.. lookup.Stamps, .. lateTags.Inherited];

        var values = await generations.ReadOrCreateAsync(Array.ConvertAll(lateTags.Named, keys.TagOf), Generations.Slack, call);
        var everything = (await generations.ReadAsync([keys.TagOf(ResponseKeys.EverythingTag)], call))[0];
        if (everything is null || Generations.NoteOf(everything) != lookup.TagNote || values.Contains(null))
            return null;

        return [.. lookup.Stamps, .. lateTags.Inherited, .. lateTags.Named.Zip(values, static (tag, value) => new TagStamp(tag, Generations.IdOf(value!)))];
    }

    /// <summary>
    /// A part is no answer to others, and a coded body none to those who cannot decode it; servers are known to give it the same tag as the plain one.
    /// </summary>
    private static string TagToAskAbout(CachedResponse response) =>
        response.Rules is { IsETagOurs: false, Part: null, ETag: { } tag } && response["Content-Encoding"].Count == 0 ? tag : "";

    private async Task<bool> KeepAsync(string urlKey, string generation, string? note, TagStamp[] stamps, TimeSpan lifetime, Call call)
    {
        var atLeast = lifetime + Generations.Slack;
        Task<bool>[] kept =
        [
            generations.KeepAsync(urlKey, generation, note, atLeast, call).AsTask(),
            .. stamps.Select(stamp => generations.KeepAsync(keys.TagOf(stamp.Tag), stamp.Generation, note: null, atLeast, call).AsTask()),
        ];
        return Array.TrueForAll(await Task.WhenAll(kept), static one => one);
    }

    private async ValueTask<EntryRead> ReadVariant(UrlRecord url, string key, string? guessedKey, Task<EntryRead>? guessed, Call call)
    {
        if (guessed is not null)
        {
            var read = await guessed;
            if (url.HasResponses && key == guessedKey)
                return read;

            read.Dispose();
        }

        return url.HasResponses ? await entries.ReadAsync(key, call) : new EntryRead(EntryMiss.Absent);
    }

    private async ValueTask<Lookup> Checked(Lookup known, string key, EntryRead read, Call call)
    {
        var current = known.Stamps;
        if (read.Miss > EntryMiss.TagRemoved)
            report.Unreadable(key, read.Miss);

        if (read.IsHit && await AreCurrent(read.Tags, current, call))
        {
            if (CachedResponseFormat.TryDecode(read.Payload) is var (response, body))
                return new Lookup(known.Url!, current, known.TagNote, key, response, body, read);

            report.Unreadable(key, EntryMiss.UnknownVersion);
        }

        read.Dispose();
        return known;
    }

    private async ValueTask<bool> AreCurrent(TagStamp[] stamps, TagStamp[] current, Call call)
    {
        var unknown = Array.FindAll(stamps, stamp => !Array.Exists(current, asked => asked.Tag == stamp.Tag));
        if (!Array.TrueForAll(stamps, stamp => current.Contains(stamp) || unknown.Contains(stamp)))
            return false;

        // The endpoint named other tags when the response was stored: an older version of the app did, or another node still does.
        var values = await generations.ReadAsync(Array.ConvertAll(unknown, stamp => keys.TagOf(stamp.Tag)), call);
        return unknown.Zip(values).All(static pair => pair.Second is { } value && Generations.IdOf(value) == pair.First.Generation);
    }

    private string KeyOf(Question question, UrlRecord url) =>
        ResponseKeys.VariantOf(question.UrlKey, url.Generation, keys.DigestOf(question.Identity, url.Names, question.FieldOf));
}

/// <summary>Tags and groups that are known only once a response has been made.</summary>
/// <param name="Named">By the response, or by the app while it made it.</param>
/// <param name="Inherited">With their stamps, from the stored response that this one brings up to date.</param>
internal readonly record struct LateTags(string[] Named, TagStamp[] Inherited);
