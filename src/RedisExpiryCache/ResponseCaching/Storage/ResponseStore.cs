using System.Buffers;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>
/// Responses in Redis. What is stored hangs on generations (see <see cref="ResponseKeys"/>): a response is kept under its URL's and stamped
/// with those of its tags, all of them read before the app ran; of those that were absent then, see <see cref="AbsentGenerations"/>. An
/// eviction deletes a generation. So neither a response that was being made at the time, nor a write that Redis applies late, can be
/// reached after it:
/// <code>
///   request: reads generation 1, runs the app …………………………………… stores under generation 1
///   eviction:                        DEL generation         (nobody looks there: the next request makes generation 2)
/// </code>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; the middleware catches.</para>
/// </summary>
internal sealed class ResponseStore(
    EntryStore entries, GenerationStore generations, VariantList variants, BoundedCache<VariantIndex> urls, ServerClock clock, ResponseKeys keys,
    ResponseCacheTelemetry report, RenewalPipeline renewals)
{
    /// <summary>Variants that are kept of one resource: what a client puts into a field that Vary names does not fill Redis.</summary>
    private const int MostVariants = 200;

    /// <summary>DEL of one stored response: it is known to hold no longer.</summary>
    public async ValueTask ForgetAsync(LookupRequest question, LookupResult lookup) =>
        await entries.RemoveAsync([lookup.Key!], question.Budget.Begin());

    /// <summary>DEL of what <see cref="StoreAsync"/> has stored.</summary>
    public async Task TryForgetAsync(LookupRequest question, LookupResult lookup, string[] names)
    {
        try
        {
            if ((lookup.Absent is { IncludesUrl: true } absent ? absent.CreatedUrl : lookup.Url) is { } url)
            {
                var digest = keys.DigestOf(question, Variants.Union(url.Names, names));
                await entries.RemoveAsync([ResponseKeys.VariantOf(question.UrlKey, url.Generation, digest)], question.Budget.Begin());
            }
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }
    }

    /// <summary>Stores a response with its expiry, where requests like this one will find it.</summary>
    /// <returns>False when an eviction came since the lookup: what was written can never be served.</returns>
    public async ValueTask<bool> StoreAsync(
        LookupRequest question, LookupResult lookup, CachedResponse response, DynamicTags lateTags, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body)
    {
        var call = question.Budget.Begin();
        if (await GenerationsAsync(question, lookup, lateTags, call) is not var (url, stamps))
            return false;

        var union = Variants.Union(url.Names, names);
        var digest = keys.DigestOf(question, union);
        var stored = url.With(union, new UrlVariant(digest, question.Target.Digest, TagToAskAbout(response)), body.Length);
        var now = await clock.NowAsync(call);
        var expiry = new EntryExpiry(lifetime.Sliding, lifetime.TimeToLive is { } left ? Ttl.EndOf(now, left) : null);
        var payload = new EntryPayload(CachedResponseCodec.EncodeHead(response), body);

        var write = entries.WriteAsync(ResponseKeys.VariantOf(question.UrlKey, stored.Generation, digest), payload, expiry, stamps, now, call).AsTask();
        var kept = ExtendAsync(question.UrlKey, stored.Generation, stored.Value, stamps, lifetime.TimeToLive ?? lifetime.Sliding!.Value, call);
        var bounded = union.Length == 0 ? Task.CompletedTask : BoundAsync(question, stored.Generation, digest, lifetime, call);
        await Task.WhenAll(write, kept, bounded);

        // Not with the reply to the SET: in a cold process that may come before the code of the others is compiled.
        entries.EndColdStart();
        urls.Remember(question.UrlKey, stored);
        return await kept;
    }

    /// <summary><see cref="StoreAsync"/>, with its outcome told to the log and the metrics.</summary>
    public async Task<StoreOutcome> TryStoreAsync(
        ResponseCacheContext exchange, LookupResult lookup, CachedResponse response, string[] names, StoredLifetime lifetime, ReadOnlySequence<byte> body, TagGeneration[]? inherited = null)
    {
        try
        {
            if (!FieldLines.CanHold(response.Fields))
            {
                report.NotStored(exchange.Path, NoStoreReason.Fields.Token());
                return StoreOutcome.Failed;
            }

            if (response.Rules.StaleWhileRevalidate is not null)
                renewals.StartCapturing();

            inherited ??= [];

            // Of middleware in front too: its fields are not stored, but the response that clients get belongs to its groups (RFC 9875 2).
            string[] groups =
            [
                .. CacheGroups.Parse(response[CacheGroups.MembershipField])
                    .Union(CacheGroups.Parse(exchange.Context.Response.Headers[CacheGroups.MembershipField]), StringComparer.Ordinal)
                    .Select(group => ResponseKeys.GroupTag(exchange.Context.Request, group)),
            ];
            var known = exchange.Question.Tags.Concat(inherited.Select(static stamp => stamp.Tag));
            string[] lateTags = [.. groups.Concat(exchange.Serving.Tags.Select(ResponseKeys.EscapedTag)).Except(known, StringComparer.Ordinal)];
            if (await StoreAsync(exchange.Question, lookup, response, new DynamicTags(lateTags, inherited), names, lifetime, body))
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
    public void SlideBehind(string urlKey, LookupResult hit)
    {
        var (key, url, stamps, expiry) = (hit.Key!, hit.Url!, hit.Stamps, hit.Expiry);
        entries.Slides.RefreshInBackground(key, hit.Slide, expiry.Sliding!.Value, SlideAsync);

        async Task SlideAsync(Task sliding)
        {
            try
            {
                await sliding;
                if (expiry is { Sliding: { } window, AbsoluteEnd: null })
                    await ExtendAsync(urlKey, url.Generation, value: null, stamps, window, OperationContext.Detached());
            }
            catch (Exception failure)
            {
                report.SlideFailed(key, failure);
            }
        }
    }

    /// <summary>The generations to store under: those of the lookup, and those that are created or read only now.</summary>
    /// <remarks>
    /// First these, then guards and note, each of which an eviction changes before the generation:
    /// <code>
    ///   request:  reads guard 1, no generation; origin ……… creates the generation, reads guard 1, stores
    ///   eviction:                                                    DEL guard, DEL generation: what was stored is unreachable
    /// </code>
    /// </remarks>
    /// <returns>Null: there was an eviction since the lookup.</returns>
    private async ValueTask<(VariantIndex Url, TagGeneration[] Stamps)?> GenerationsAsync(
        LookupRequest question, LookupResult lookup, DynamicTags lateTags, OperationContext call)
    {
        string[] tags = [.. lookup.Absent?.Tags ?? [], .. lateTags.Named];
        if (lookup.Absent is null && tags.Length == 0)
            return (lookup.Url!, [.. lookup.Stamps, .. lateTags.Inherited]);

        string[] url = lookup.Absent is { IncludesUrl: true } ? [question.UrlKey] : [];
        var values = await generations.ReadOrCreateAsync([.. url, .. tags.Select(keys.TagOf)], GenerationStore.Slack, call);
        if (values.Contains(null) || await HasChangedAsync(lookup, lateTags, call))
            return null;

        var stamps = tags.Zip(values[url.Length..], static (tag, value) => new TagGeneration(tag, GenerationValue.IdOf(value!)));
        return (
            url.Length == 0 ? lookup.Url! : lookup.Absent!.CreatedUrl = new VariantIndex(values[0]!),
            [.. lookup.Stamps.Where(stamp => !tags.Contains(stamp.Tag)), .. lateTags.Inherited, .. stamps]);
    }

    /// <summary>Whether there was an eviction since the lookup, as far as the guards and, for late tags, the note can tell.</summary>
    private async ValueTask<bool> HasChangedAsync(LookupResult lookup, DynamicTags lateTags, OperationContext call)
    {
        var guardKeys = lookup.Absent?.GuardKeys ?? [];
        string[] note = lateTags.Named.Length == 0 ? [] : [keys.TagOf(ResponseKeys.AllResponsesTag)];
        var now = await generations.ReadAsync([.. guardKeys, .. note], call);
        if (note.Length > 0 && (now[^1] is not { } everything || GenerationValue.NoteOf(everything) != lookup.TagNote))
            return true;

        return lookup.Absent is { } absent && absent.HaveGuardsChanged(now.AsSpan(0, guardKeys.Length));
    }

    /// <summary>Deletes the oldest variants of the resource that are too many.</summary>
    private async Task BoundAsync(LookupRequest question, string generation, string digest, StoredLifetime lifetime, OperationContext call)
    {
        var atLeast = (lifetime.TimeToLive ?? lifetime.Sliding!.Value) + GenerationStore.Slack;
        var dropped = await variants.AddAsync(keys.VariantsOf(question.Target), $"{generation}.{digest}", MostVariants, atLeast, call);
        if (dropped.Length > 0)
            await entries.RemoveAsync(Array.ConvertAll(dropped, member => $"{question.UrlKey}#{member}"), call);
    }

    /// <summary>
    /// A part is no answer to others, and a coded body none to those who cannot decode it; servers are known to give it the same tag as the
    /// plain one.
    /// </summary>
    private static string TagToAskAbout(CachedResponse response) =>
        response.Rules is { IsETagOurs: false, Part: null, ETag: { } tag } && response["Content-Encoding"].Count == 0 ? tag : "";

    private async Task<bool> ExtendAsync(
        string urlKey, string generation, string? value, TagGeneration[] stamps, TimeSpan lifetime, OperationContext call)
    {
        var atLeast = lifetime + GenerationStore.Slack;
        Task<bool>[] kept =
        [
            generations.ExtendAsync(urlKey, generation, value, atLeast, call).AsTask(),
            .. stamps.Select(stamp => generations.ExtendAsync(keys.TagOf(stamp.Tag), stamp.Generation, value: null, atLeast, call).AsTask()),
        ];
        return Array.TrueForAll(await Task.WhenAll(kept), static one => one);
    }
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
internal readonly record struct DynamicTags(string[] Named, TagGeneration[] Inherited);
