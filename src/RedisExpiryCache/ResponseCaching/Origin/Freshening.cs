using System.Buffers;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>
/// Brings a stored response up to date with what the app says of it, by a 304 (RFC 9111 4.3.4) or in answer to HEAD (4.3.5).
/// <para>Failure policy: a store that fails is logged and counted, a mistake of our own is logged; the client gets its answer all the
/// same.</para>
/// </summary>
internal sealed class Freshening(
    ResponseLookups lookups, ResponseStore store, StoreDecision storable, ResponseCacheTelemetry report, TimeProvider time)
{
    private sealed record Updated(CachedResponse Response, TimeSpan Age, bool IsStored);

    /// <summary>
    /// What the app could be asked about: what the request selects, and the resource's other variants; these only for somebody whom the app
    /// cannot know, because they may have been made for anybody.
    /// </summary>
    public static Conditions ConditionsFor(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict)
    {
        var request = exchange.Request;
        var selected = verdict.Action is ReuseAction.Revalidate or ReuseAction.ServeAndRevalidate ? lookup.Response : null;
        var isMiss = verdict.Reason == ForwardReason.UriMiss && exchange.IsGet && !request.IsConditional;
        if (selected is null && !isMiss)
            return Conditions.None;

        var others = request.IsSignedIn || request.HasAuthorization ? [] : lookup.OthersOf(exchange.Question);
        return Validation.Ask(selected?.Rules, others.Select(static other => other.ETag), selected?["Last-Modified"]);
    }

    /// <summary>Takes a 304 to these conditions and answers the client from the store.</summary>
    /// <returns>False when the 304 speaks of nothing that is stored: the app has to be asked without conditions.</returns>
    public async Task<bool> TryServeAsync(
        ResponseCacheContext exchange, LookupResult lookup, Conditions asked, ForwardReason reason, IHeaderDictionary notModified, OriginCall call)
    {
        if (!Validation.TrySelect(asked, lookup.Response is not null, notModified.ETag, out var tag))
            return false;

        // Another variant than the request selects, and now the origin names a field by which this one may be another user's.
        if (tag is not null && !(Variants.TryParse(notModified.Vary, out var names) && Variants.AreNegotiated(names)))
            return false;

        using var other = tag is null ? null : await FindVariant(exchange, lookup, tag);
        var selected = other ?? lookup;
        if (await TryUpdate(exchange, lookup, selected, notModified) is not { } updated)
            return false;

        call.End(updated.IsStored ? CollapsedFetchEnd.Retry : CollapsedFetchEnd.NotShareable);

        // What is for this client alone, a cookie for one, is in the answer and not in the store.
        var headers = exchange.Context.Response.Headers;
        foreach (var (name, value) in notModified)
        {
            if (StoredHeaders.MayUpdate(name, notModified.Connection))
                ResponseWriter.Set(headers, name, value);
        }

        var status = CacheStatusHeader.Validated(reason, updated.IsStored, updated.Response.Rules.FreshnessLifetime - updated.Age);
        await ResponseWriter.ServeAsync(exchange, selected, updated.Response, updated.Age, storable.Options.EmitCacheStatus ? status : null);
        report.Answered(exchange.Path, ResponseOutcome.Validated, reason);
        return true;
    }

    /// <summary>
    /// To be called after the app has answered HEAD. What it says of a whole 200 that is stored for GET is heeded; but it often says too
    /// little to make fresh again what somebody has marked stale.
    /// </summary>
    public async Task LearnFromHeadAsync(ResponseCacheContext exchange, LookupResult lookup, IHeaderDictionary fields)
    {
        var statusCode = exchange.Context.Response.StatusCode;
        if (statusCode != StatusCodes.Status200OK || lookup.Response is not { StatusCode: StatusCodes.Status200OK } stored)
            return;

        try
        {
            fields.Remove(ResponseWriter.CacheStatusName);
            var head = storable.FactsOf(exchange, statusCode, fields, time.GetUtcNow());
            if (Validation.IsContradictedByHead(stored.Rules, lookup.Body.Length, head, fields.ContentLength))
                await TryForget(exchange, lookup, NoStoreReason.Outdated);
            else if (!stored.Rules.IsMarkedStale)
                await TryUpdate(exchange with { Request = exchange.Request with { Method = HttpMethods.Get } }, lookup, lookup, fields);
        }
        catch (Exception mistake)
        {
            report.InternalError(mistake);
        }
    }

    /// <summary>Stores the response anew with these fields, or forgets it if they say so.</summary>
    private async Task<Updated?> TryUpdate(
        ResponseCacheContext exchange, LookupResult lookup, LookupResult selected, IHeaderDictionary news)
    {
        if (selected.Response is not { } stored)
            return null;

        try
        {
            var now = time.GetUtcNow();
            var (response, facts, verdict) = Merge(exchange, stored, news, now);
            if (verdict.Lifetime is { } lifetime)
            {
                var names = StoreDecision.NamesOf(exchange, response["Vary"], response["Content-Encoding"]);
                var outcome = await store.TryStoreAsync(exchange, lookup, response, names, lifetime, new ReadOnlySequence<byte>(selected.Body), selected.LateStamps);
                return new Updated(response, Freshness.CurrentAge(response.Rules, now), outcome == StoreOutcome.Stored);
            }

            // What only this request or this user forbids says nothing of the response.
            if (storable.ForbiddenByFields(facts) is { } forbidden)
                await TryForget(exchange, lookup, forbidden);
            else
                report.NotStored(exchange.Path, verdict.Reason!.Value.Token());

            return new Updated(response, Freshness.CorrectedInitialAge(facts, exchange.RequestTime, now), IsStored: false);
        }
        catch (Exception mistake)
        {
            report.InternalError(mistake);
            return null;
        }
    }

    private (CachedResponse Updated, ResponseFacts Facts, StoreVerdict Verdict) Merge(
        ResponseCacheContext exchange, CachedResponse stored, IHeaderDictionary news, DateTimeOffset now)
    {
        IHeaderDictionary merged = new HeaderDictionary();
        foreach (var (name, value) in StoredHeaders.Update(stored.Fields, news))
            merged[name] = value;

        // A cookie is for who was asked for this time, not part of what is stored.
        if (!storable.Rules.StoreSetCookie)
            merged.SetCookie = default;

        // As old as the news are: where they do not say, as old as this answer.
        if (!news.ContainsKey("Date"))
            merged.Date = HttpDate.Format(now);

        // What the stored response differs by it still differs by, whether the news say so or not.
        if (Variants.TryParse(stored["Vary"], out var stillNamed) && Variants.TryParse(merged.Vary, out var named) && stillNamed.Except(named).Any())
            merged.Vary = string.Join(", ", Variants.Union(stillNamed, named));

        // What this cache has told clients in the app's place is not the app's word.
        var told = stored.Rules.IsCacheControlOurs && news.CacheControl.Count == 0 ? merged.CacheControl : default;
        if (told.Count > 0)
            merged.CacheControl = default;

        var facts = storable.FactsOf(exchange, stored.StatusCode, merged, now);
        if (told.Count > 0)
            merged.CacheControl = told;

        var verdict = storable.Decide(exchange, stored.Rules.IsETagOurs ? facts with { ETag = null } : facts, now);
        var lifetime = verdict.Lifetime ?? new StoredLifetime(TimeSpan.Zero, TimeSpan.Zero, Sliding: null);
        var updated = storable.Capture(merged, facts, lifetime, now);
        var rules = updated.Rules with
        {
            IsETagOurs = stored.Rules.IsETagOurs,
            IsCacheControlOurs = told.Count > 0,
            MakingTime = DeltaSeconds.Between(exchange.RequestTime, now),
        };
        return (updated with { Rules = rules }, facts, verdict);
    }

    private async Task<LookupResult> FindVariant(ResponseCacheContext exchange, LookupResult lookup, string tag)
    {
        try
        {
            return await lookups.FindVariantAsync(exchange.Question, lookup, lookup.OthersOf(exchange.Question).First(variant => variant.ETag == tag));
        }
        catch (Exception failure)
        {
            return new LookupResult(report.StoreFailed(failure));
        }
    }

    private Task TryForget(ResponseCacheContext exchange, LookupResult lookup, NoStoreReason reason)
    {
        report.NotStored(exchange.Path, reason.Token());
        return TryForgetAsync(exchange.Question, lookup);
    }

    /// <summary>What is stored is known to hold no longer.</summary>
    public async Task TryForgetAsync(LookupRequest question, LookupResult lookup)
    {
        try
        {
            if (lookup.Response is not null)
                await store.ForgetAsync(question, lookup);
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }
    }
}
