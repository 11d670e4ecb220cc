using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// One response of the app on its way to the client. When it starts, the app's header fields are final: then the rules decide, its
/// <c>Cache-Status</c> is written, and what is not to be stored is no longer recorded. When it has ended, it says what there is to store,
/// unless something came up since.
/// </summary>
internal sealed class ResponseRecording : IDisposable
{
    private readonly Exchange exchange;
    private readonly Lookup lookup;
    private readonly ForwardReason forwarded;
    private readonly ResponseCachingOptions options;
    private readonly TimeProvider time;
    private readonly ResponseReport report;
    private readonly IHttpResponseBodyFeature realBody;
    private readonly KeyValuePair<string, StringValues>[] earlierFields;
    private readonly StoresUnderWay storesUnderWay;
    private IDisposable? announcement;
    private bool decided;
    private bool ended;

    public ResponseRecording(Exchange exchange, Lookup lookup, ForwardReason forwarded, ResponseCachingOptions options, StoresUnderWay storesUnderWay, ResponseReport report, TimeProvider time)
    {
        (this.exchange, this.lookup, this.forwarded) = (exchange, lookup, forwarded);
        (this.options, this.storesUnderWay, this.report, this.time) = (options, storesUnderWay, report, time);
        Body = new RecordedBytes(options.MaximumBodySize);
        earlierFields = [.. exchange.Context.Response.Headers];
        realBody = exchange.Context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        exchange.Context.Features.Set<IHttpResponseBodyFeature>(new BodyRecorder(realBody, Body));
        exchange.Context.Response.OnStarting(static recording => ((ResponseRecording)recording).DecideAsync(), this);
    }

    public RecordedBytes Body { get; }

    /// <summary>Set once the rules allow storing the response: what its headers say.</summary>
    public CachedResponse? Response { get; private set; }

    public StoredLifetime Lifetime { get; private set; }

    /// <summary>The request fields that the response differs by.</summary>
    public string[] Names { get; private set; } = [];

    /// <summary>Why it is not to be stored. Null: it is.</summary>
    public string? NotStored { get; private set; }

    /// <summary>To be called when the app has returned without an exception. From here on <see cref="NotStored"/> is final.</summary>
    public async Task CompleteAsync()
    {
        var response = exchange.Context.Response;
        if (!response.HasStarted && Verdict(response, time.GetUtcNow(), out _) is { Lifetime: not null } && !AwaitsStatusCodePage(response))
        {
            // As the server would have it, had it not been started before it knew that nothing comes.
            if (Body.Length == 0 && response.StatusCode != StatusCodes.Status204NoContent)
                response.ContentLength ??= 0;

            await response.StartAsync();
        }

        ended = true;
        if (decided)
            NotStored ??= Shortcoming(response)?.Token();
        else
            NotStored = lookup.Reason ?? (Verdict(response, time.GetUtcNow(), out _).Reason ?? NoStoreReason.Status).Token();
    }

    /// <summary>To be called when the app has thrown. Whoever answers in its place, it is not the response that was to be stored.</summary>
    public void Fail()
    {
        ended = true;
        NotStored = NoStoreReason.Failed.Token();
    }

    /// <summary>The app writes to the client directly again.</summary>
    public void Detach() => exchange.Context.Features.Set(realBody);

    public void Dispose()
    {
        announcement?.Dispose();
        Body.Dispose();
    }

    private Task DecideAsync()
    {
        var response = exchange.Context.Response;
        if (!ended)
            Decide(response);

        // When the app has been run again to explain a failure, that run has said how it went.
        if (options.EmitCacheStatus && !(ended && CacheStatus.IsIn(response.Headers[ResponseReplay.CacheStatusName])))
        {
            response.Headers.Append(ResponseReplay.CacheStatusName, !exchange.MayStore ? CacheStatus.Forwarded(forwarded)
                : NotStored is { } reason ? CacheStatus.NotStored(forwarded, reason) : CacheStatus.Stored(forwarded));
        }

        return Task.CompletedTask;
    }

    private void Decide(HttpResponse response)
    {
        decided = true;
        try
        {
            var now = time.GetUtcNow();
            var verdict = Verdict(response, now, out var facts);
            NotStored = lookup.Reason ?? verdict.Reason?.Token() ?? (lookup.Url is null ? NoStoreReason.RedisUnavailable.Token() : null);
            if (verdict.Lifetime is { } lifetime)
                Keep(response, facts, lifetime, now);
        }
        catch (Exception mistake)
        {
            NotStored = report.Mistake(mistake);
        }

        if (NotStored is not null)
            Body.Stop();
    }

    private StoreVerdict Verdict(HttpResponse response, DateTimeOffset now, out ResponseFacts facts)
    {
        // Signing in may have come after us in the pipeline, so it is looked at again.
        var request = exchange.Request with { IsSignedIn = exchange.Request.IsSignedIn || HttpFacts.IsSignedIn(exchange.Context) };
        facts = HttpFacts.Of(response, now);
        var verdict = Storing.Decide(request, facts, exchange.Policy.Lifetime, options.HonorRequestDirectives, exchange.Now, now);
        if (verdict.Reason is not null)
            return verdict;

        return response.ContentLength > options.MaximumBodySize ? StoreVerdict.NoStore(NoStoreReason.TooLarge)
            : HttpFacts.HasTrailers(response) ? StoreVerdict.NoStore(NoStoreReason.Trailers) : verdict;
    }

    /// <summary>Takes down the fields as they stand, with those that the policy adds for clients and caches downstream.</summary>
    private void Keep(HttpResponse response, ResponseFacts facts, StoredLifetime lifetime, DateTimeOffset now)
    {
        var policy = exchange.Policy;
        var headers = response.Headers;
        if (policy.HasLifetime && headers.CacheControl.Count == 0)
            headers.CacheControl = $"public, max-age={(long)(policy.Lifetime.Duration ?? policy.Lifetime.Sliding)!.Value.TotalSeconds}";

        var own = Variants.TryParse(headers.Vary, out var named) ? named : [];
        if (policy.HeaderNames.Except(own, StringComparer.Ordinal).ToArray() is { Length: > 0 } added)
            headers.Vary = StringValues.Concat(headers.Vary, string.Join(", ", added));

        if (facts.Date is null)
            headers.Date = HttpDate.Format(now);

        if (NotStored is null)
            Body.NotifyAt(response.ContentLength, () => announcement = storesUnderWay.Announce(exchange.Question.UrlKey));

        Lifetime = lifetime;
        Names = Variants.Union(policy.HeaderNames, own);
        Response = new CachedResponse(response.StatusCode, [.. headers.Where(IsOfTheResponse)], new StoredResponse
        {
            ResponseTime = now,
            CorrectedInitialAge = lifetime.CorrectedInitialAge,
            FreshnessLifetime = lifetime.FreshnessLifetime,
            MustRevalidate = facts.CacheControl.ForbidsStale,
            AllowsEverybody = facts.CacheControl.AllowsEverybody,
            AllowsAuthorization = facts.CacheControl.AllowsAuthorization,
            Date = facts.Date ?? now,
            LastModified = facts.LastModified,
            ETag = facts.ETag,
        });
    }

    /// <summary>
    /// Not what stood there before the app was asked, a request id for one: whoever is in front of us says it again with each answer.
    /// </summary>
    private bool IsOfTheResponse(KeyValuePair<string, StringValues> field) =>
        StoredHeaders.MayStore(field.Key, exchange.Context.Response.Headers.Connection) && !earlierFields.Contains(field);

    private NoStoreReason? Shortcoming(HttpResponse response)
    {
        // A client that closes its connection once it has the last byte of Content-Length has not cut anything short.
        var isWhole = response.ContentLength == Body.Length;
        if (exchange.Context.RequestAborted.IsCancellationRequested && !isWhole)
            return NoStoreReason.Aborted;

        if (Body.IsOverLimit)
            return NoStoreReason.TooLarge;

        if (HttpFacts.HasTrailers(response))
            return NoStoreReason.Trailers;

        // What is in front of us may have added fields after we decided: Session sets its cookie, and no-store, as the response starts.
        if (Storing.ForbiddenByFields(HttpFacts.Of(response, time.GetUtcNow())) is { } forbidden)
            return forbidden;

        return Body.IsBroken || (response.ContentLength is not null && !isWhole) ? NoStoreReason.Incomplete : null;
    }

    /// <summary>An empty error that a UseStatusCodePages outside of us is going to fill with a page of its own.</summary>
    private static bool AwaitsStatusCodePage(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest
        && response.HttpContext.Features.Get<Microsoft.AspNetCore.Diagnostics.IStatusCodePagesFeature>() is { Enabled: true };
}
