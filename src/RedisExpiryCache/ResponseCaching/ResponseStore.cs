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
internal sealed class ResponseStore(
    RedisEntries entries, Generations generations, NearResponses near, Recent<UrlRecord> urls, ServerClock clock, ResponseKeys keys, ResponseReport report)
{

    /// <summary>Of retired generations, so many are looked under in one round trip: mostly one of the latest two has something.</summary>
    private const int RetiredAtOnce = 2;

    /// <summary>Whether there may be any of this process's own copies just now.</summary>
    public bool HasNear => near.IsOn;

    /// <summary>A hit of this process's own copies; null: Redis has to be asked.</summary>
    public Lookup? FindNear(Question question) => near.Find(question);

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

        TagState[] tags = [.. question.Tags.Zip(values.Skip(1), static (tag, value) => new TagState(tag, value!))];
        var known = Lookup.Known(url, tags);
        var key = KeyOf(question, url);
        var found = await Checked(known, key, await ReadVariant(url, key, guessedKey, guessed, call), isRetired: false, call);
        return found.Response is null && url.HasResponses ? await FindRetired(question, found, call) ?? found : found;
    }

    /// <summary>Where the response to this request is likely to be, as far as this process remembers.</summary>
    public string? GuessKey(Question question) => urls.Find(question.UrlKey) is { HasResponses: true } guess ? KeyOf(question, guess) : null;

    /// <summary>Another variant of the URL that was looked up.</summary>
    public async ValueTask<Lookup> FindVariantAsync(Question question, Lookup lookup, UrlVariant variant)
    {
        var call = question.Budget.Begin();
        var key = ResponseKeys.VariantOf(question.UrlKey, lookup.Url!.Generation, variant.Digest);
        try
        {
            return await Checked(lookup, key, await entries.ReadAsync(key, call), isRetired: false, call);
        }
        finally
        {
            question.Budget.End(call);
        }
    }

    /// <summary>DEL of one stored response: it is known to hold no longer.</summary>
    public async ValueTask ForgetAsync(Question question, Lookup lookup) => await entries.RemoveAsync([lookup.Key!], question.Budget.Begin());

    /// <summary>Stores a response with its expiry, where requests like this one will find it.</summary>
    /// <returns>False when an eviction came since the lookup: what was written can never be served.</returns>
    public async ValueTask<bool> StoreAsync(
        Question question, Lookup lookup, CachedResponse response, LateTags lateTags, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body)
    {
        var call = question.Budget.Begin();
        if (await StampsOf(lookup, lateTags, call) is not { } stamps)
            return false;

        var url = lookup.Url!;
        var union = Variants.Union(url.Names, names);
        var digest = keys.DigestOf(question, union);
        var stored = url.With(union, new UrlVariant(digest, KeyText.DigestOf(question.Identity), TagToAskAbout(response)));
        var now = await clock.NowAsync(call);
        var expiry = new EntryExpiry(lifetime.Sliding, lifetime.TimeToLive is { } left ? Ttl.EndOf(now, left) : null);
        var payload = new EntryPayload(CachedResponseFormat.EncodeHead(response), body);

        var write = entries.WriteAsync(ResponseKeys.VariantOf(question.UrlKey, stored.Generation, digest), payload, expiry, stamps, now, call).AsTask();
        var kept = KeepAsync(question.UrlKey, stored.Generation, stored.Value, stamps, lifetime.TimeToLive ?? lifetime.Sliding!.Value, call);
        await Task.WhenAll(write, kept);
        urls.Remember(question.UrlKey, stored);
        return await kept;
    }

    /// <summary><see cref="StoreAsync"/>, with its outcome told to the log and the metrics.</summary>
    public async Task<StoreOutcome> TryStoreAsync(
        Exchange exchange, Lookup lookup, CachedResponse response, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body, TagStamp[]? inherited = null)
    {
        try
        {
            inherited ??= [];
            var groups = CacheGroups.Parse(response[CacheGroups.MembershipField]).Select(group => ResponseKeys.GroupTag(exchange.Context.Request, group));
            var known = exchange.Question.Tags.Concat(inherited.Select(static stamp => stamp.Tag));
            string[] lateTags = [.. groups.Concat(exchange.Serving.Tags.Select(ResponseKeys.EscapedTag)).Except(known, StringComparer.Ordinal)];
            if (await StoreAsync(exchange.Question, lookup, response, new LateTags(lateTags, inherited), names, lifetime, body))
            {
                report.Stored(exchange.Path, lifetime.TimeToLive ?? lifetime.Sliding);
                return StoreOutcome.Stored;
            }

            report.NotStored(exchange.Path, NoStoreReason.Evicted.Token());
            return StoreOutcome.Evicted;
        }
        catch (Exception failure)
        {
            report.NotStored(exchange.Path, report.StoreFailed(failure));
            return StoreOutcome.Failed;
        }
    }

    /// <summary>A hit of a sliding response; nobody waits for it.</summary>
    public void SlideBehind(string urlKey, Lookup hit)
    {
        var (key, url, stamps, expiry) = (hit.Key!, hit.Url!, hit.Stamps, hit.Expiry);
        entries.SlideBehind(key, hit.Slide, expiry.Sliding!.Value, SlideAsync);

        async Task SlideAsync(Func<Call, ValueTask<(TagStamp[], TimeSpan)>> slide)
        {
            var call = Call.Detached();
            try
            {
                await slide(call);
                if (expiry is { Sliding: { } window, AbsoluteEnd: null })
                    await KeepAsync(urlKey, url.Generation, value: null, stamps, window, call);
            }
            catch (Exception failure)
            {
                report.SlideFailed(key, failure);
            }
        }
    }

    /// <summary>
    /// The stamps of the lookup, and those of tags (and groups, RFC 9875) that were named only while the response was made. Their generations are
    /// read now, so it has to be known that no tag was evicted since the lookup; the note says so.
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

    private async Task<bool> KeepAsync(string urlKey, string generation, string? value, TagStamp[] stamps, TimeSpan lifetime, Call call)
    {
        var atLeast = lifetime + Generations.Slack;
        Task<bool>[] kept =
        [
            generations.KeepAsync(urlKey, generation, value, atLeast, call).AsTask(),
            .. stamps.Select(stamp => generations.KeepAsync(keys.TagOf(stamp.Tag), stamp.Generation, value: null, atLeast, call).AsTask()),
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

    /// <summary>What was stored before the URL was marked stale, and has not been made anew since.</summary>
    private async ValueTask<Lookup?> FindRetired(Question question, Lookup known, Call call)
    {
        var digest = known.Key![^KeyText.DigestLength..];
        foreach (var some in known.Url!.RetiredGenerations.Select(generation => ResponseKeys.VariantOf(question.UrlKey, generation, digest)).Chunk(RetiredAtOnce))
        {
            Lookup? latest = null;
            foreach (var (key, read) in some.Zip(await Task.WhenAll(some.Select(key => entries.ReadAsync(key, call).AsTask()))))
            {
                if (latest is not null)
                    read.Dispose();
                else if (await Checked(known, key, read, isRetired: true, call) is { Response: not null } found)
                    latest = found;
            }

            if (latest is not null)
                return latest;
        }

        return null;
    }

    private async ValueTask<Lookup> Checked(Lookup known, string key, EntryRead read, bool isRetired, Call call)
    {
        if (read.Miss > EntryMiss.TagRemoved)
            report.Unreadable(key, read.Miss);

        if (read.IsHit && await StatesOf(known, read.Tags, call) is var states && TagState.StandingOf(read.Tags, states) is var standing && standing != Standing.Gone)
        {
            if (CachedResponseFormat.TryDecode(read.Payload) is var (response, body))
            {
                if (isRetired || standing == Standing.Retired)
                    response = response with { Rules = response.Rules.MarkedStale() };
                else
                    read = NearResponses.Keep(read, response, body);

                return new Lookup(known, key, response, body, read)
                {
                    Tags = known.Tags,
                    LateStamps = Array.ConvertAll(states[known.Tags.Length..], static state => state.Current),
                };
            }

            report.Unreadable(key, EntryMiss.UnknownVersion);
        }

        read.Dispose();
        return known.Without(key, isAbsent: read.Miss == EntryMiss.Absent);
    }

    /// <summary>
    /// Of the tags that a response carries. It may have named some only while it was made; or the endpoint has changed since, on this node or on
    /// another. Those that the lookup has asked about come first.
    /// </summary>
    private async ValueTask<TagState[]> StatesOf(Lookup known, TagStamp[] stamps, Call call)
    {
        string[] unknown = [.. stamps.Select(static stamp => stamp.Tag).Except(known.Tags.Select(static state => state.Tag))];
        if (unknown.Length == 0)
            return known.Tags;

        var values = await generations.ReadAsync(Array.ConvertAll(unknown, keys.TagOf), call);
        return [.. known.Tags, .. unknown.Zip(values, static (tag, value) => new TagState(tag, value))];
    }

    private string KeyOf(Question question, UrlRecord url) =>
        ResponseKeys.VariantOf(question.UrlKey, url.Generation, keys.DigestOf(question, url.Names));
}

/// <summary>What became of a response that was to be stored.</summary>
internal enum StoreOutcome
{
    /// <summary>It can be found.</summary>
    Stored,

    /// <summary>An eviction came since the lookup: it can never be found.</summary>
    Evicted,

    /// <summary>Redis failed.</summary>
    Failed,
}

/// <summary>Tags and groups that are known only once a response has been made.</summary>
/// <param name="Named">By the response, or by the app while it made it.</param>
/// <param name="Inherited">With their stamps, from the stored response that this one brings up to date.</param>
internal readonly record struct LateTags(string[] Named, TagStamp[] Inherited);
