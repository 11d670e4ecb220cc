using System.Buffers;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Brings a stored response up to date with what the app says of it, by a 304 (RFC 9111 4.3.4) or in answer to HEAD (4.3.5).
/// <para>Failure policy: a store that fails is logged and counted; the client gets its answer all the same.</para>
/// </summary>
internal sealed class Freshening(ResponseStore store, StorableResponses storable, ResponseReport report, TimeProvider time)
{
    /// <summary>What the app could be asked about: what the request selects, and the URL's other variants.</summary>
    public static Conditions ConditionsFor(Exchange exchange, Lookup lookup, ReuseVerdict verdict)
    {
        var selected = verdict.Action is ReuseAction.Revalidate or ReuseAction.ServeAndRevalidate ? lookup.Response : null;
        var isMiss = verdict.Reason == ForwardReason.UriMiss && exchange.MayStore && !exchange.Request.IsConditional;
        if (selected is null && !isMiss)
            return new Conditions([], null);

        return Validation.Ask(selected?.Rules, lookup.Others.Select(static other => other.ETag), selected?["Last-Modified"]);
    }

    /// <summary>Takes a 304 to these conditions and answers the client from the store.</summary>
    /// <returns>False when the 304 speaks of nothing that is stored: the app has to be asked without conditions.</returns>
    public async Task<bool> TryServeAsync(Exchange exchange, Lookup lookup, Conditions asked, ForwardReason reason, IHeaderDictionary notModified)
    {
        var hasSelected = lookup.Response is not null;
        if (!Validation.TrySelect(asked, hasSelected, notModified.ETag, out var tag))
            return false;

        using var other = tag is not null && !(hasSelected && lookup.Response!.Rules.ETag == tag) ? await FindVariant(exchange, lookup, tag) : null;
        var selected = other ?? lookup;
        if (selected.Response is not { } stored)
            return false;

        var now = time.GetUtcNow();
        var (updated, facts, verdict) = Update(exchange, stored, notModified, now);
        var isStored = verdict.Lifetime is { } lifetime
            ? await TryStore(exchange, lookup, updated, lifetime, selected.Body)
            : await TryForget(exchange, lookup, verdict.Reason!.Value);

        // What is for this client alone, a cookie for one, is in the answer and not in the store.
        foreach (var (name, value) in notModified)
        {
            if (StoredHeaders.MayUpdate(name, notModified.Connection))
                exchange.Context.Response.Headers[name] = value;
        }

        var age = verdict.Lifetime is null ? Freshness.CorrectedInitialAge(facts, exchange.Now, now) : Freshness.CurrentAge(updated.Rules, now);
        var status = CacheStatus.Validated(reason, isStored, updated.Rules.FreshnessLifetime - age);
        await ResponseReplay.ServeAsync(exchange, updated, selected.Body, age, storable.Options.EmitCacheStatus ? status : null);
        report.Answered(exchange.Path, ResponseOutcome.Validated, reason);
        return true;
    }

    /// <summary>To be called after HEAD was answered by the app with 200, while a whole response to GET is stored.</summary>
    public async Task LearnFromHeadAsync(Exchange exchange, Lookup lookup)
    {
        var response = exchange.Context.Response;
        var now = time.GetUtcNow();
        var head = storable.FactsOf(exchange, response.StatusCode, response.Headers, now);
        if (!Validation.IsConfirmedByHead(lookup.Response!.Rules, lookup.Body.Length, head, response.ContentLength))
        {
            await TryForget(exchange, lookup, NoStoreReason.Outdated);
            return;
        }

        var fields = new HeaderDictionary();
        foreach (var (name, value) in response.Headers.Where(static field => field.Key != ResponseReplay.CacheStatusName))
            fields[name] = value;

        var asGet = exchange with { Request = exchange.Request with { Method = HttpMethods.Get } };
        var (updated, _, verdict) = Update(asGet, lookup.Response, fields, now);
        if (verdict.Lifetime is { } lifetime)
            await TryStore(asGet, lookup, updated, lifetime, lookup.Body);
    }

    private (CachedResponse Updated, ResponseFacts Facts, StoreVerdict Verdict) Update(
        Exchange exchange, CachedResponse stored, IHeaderDictionary news, DateTimeOffset now)
    {
        IHeaderDictionary merged = new HeaderDictionary();
        foreach (var (name, value) in StoredHeaders.Update(stored.Fields, news))
            merged[name] = value;

        // As old as the news are: where they do not say, as old as this answer.
        if (!news.ContainsKey("Date"))
            merged.Date = HttpDate.Format(now);

        // What the policy has told clients in the app's place is not the app's word.
        var told = stored["Cache-Control"] == exchange.Serving.ClientCacheControl && !news.ContainsKey("Cache-Control") ? merged.CacheControl : default;
        if (told.Count > 0)
            merged.CacheControl = default;

        var facts = storable.FactsOf(exchange, stored.StatusCode, merged, now);
        if (told.Count > 0)
            merged.CacheControl = told;

        var known = stored.Rules.IsETagOurs ? facts with { ETag = null } : facts;
        var verdict = storable.Decide(exchange, known, now);
        var lifetime = verdict.Lifetime ?? new StoredLifetime(TimeSpan.Zero, TimeSpan.Zero, Sliding: null);
        var updated = storable.TakeDown(merged, facts, lifetime, now);
        return (updated with { Rules = updated.Rules with { IsETagOurs = stored.Rules.IsETagOurs } }, facts, verdict);
    }

    private async Task<Lookup?> FindVariant(Exchange exchange, Lookup lookup, string tag)
    {
        try
        {
            return await store.FindVariantAsync(exchange.Question, lookup, lookup.Others.First(variant => variant.ETag == tag));
        }
        catch (Exception failure)
        {
            return new Lookup(report.StoreFailed(failure));
        }
    }

    private async Task<bool> TryStore(Exchange exchange, Lookup lookup, CachedResponse updated, StoredLifetime lifetime, ReadOnlyMemory<byte> body)
    {
        var names = StorableResponses.NamesOf(exchange, updated["Vary"]);
        return await store.TryStoreAsync(exchange, lookup, updated, names, lifetime, new ReadOnlySequence<byte>(body));
    }

    private async Task<bool> TryForget(Exchange exchange, Lookup lookup, NoStoreReason reason)
    {
        report.NotStored(exchange.Path, reason.Token());
        try
        {
            if (lookup.Key is not null)
                await store.ForgetAsync(lookup);
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }

        return false;
    }
}
