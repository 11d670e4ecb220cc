using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>Records one response of the origin on its way to the client.</summary>
/// <remarks>
/// When it starts, its fields are final: the rules decide, <c>Cache-Status</c> is written, and recording ends if it is not to be stored.
/// </remarks>
internal sealed class ResponseCapture : IDisposable
{
    private readonly ResponseCacheContext exchange;
    private readonly LookupResult lookup;
    private readonly ForwardReason forwarded;
    private readonly Func<int, bool>? holdsBack;
    private readonly OriginCall call;
    private readonly StoreDecision storable;
    private readonly TimeProvider time;
    private readonly ResponseCacheTelemetry report;
    private readonly IHttpResponseBodyFeature realBody;
    private readonly CapturingResponseBody recorder;
    private readonly OuterMiddlewareHeaders inFront;
    private readonly SessionUseDetector? session;
    private RepresentationHeaders? asItLeft;
    private string? ownCacheControl;
    private StringValues decidedCacheControl;
    private TimeSpan makingTime;
    private (int Status, long? Length)? returned;
    private bool decided, ended, isWithdrawn;
    private bool? heldBack;

    /// <summary>Stands in for the response's body. What <paramref name="holdsBack"/> says of a status is not for the client.</summary>
    public ResponseCapture(ResponseCacheContext exchange, LookupResult lookup, ForwardReason forwarded, Func<int, bool>? holdsBack, OriginCall call,
        in CaptureServices shared)
    {
        (this.exchange, this.lookup, this.forwarded, this.holdsBack, this.call) = (exchange, lookup, forwarded, holdsBack, call);
        (storable, _, report, time) = shared;
        Body = new BodyBuffer(storable.Options.MaximumBodySize, () => call.End(CollapsedFetchEnd.NotShareable));
        inFront = new OuterMiddlewareHeaders(exchange.Context.Response.Headers);
        session = SessionUseDetector.Begin(exchange.Context);
        realBody = exchange.Context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        recorder = new CapturingResponseBody(
            realBody, Body, () => IsHeldBack, () => heldBack is null && holdsBack is not null && !exchange.Context.Response.HasStarted, Passing);
        exchange.Context.Features.Set<IHttpResponseBodyFeature>(recorder);
        exchange.Context.Response.OnStarting(static recording => ((ResponseCapture)recording).DecideAsync(), this);
        exchange.Context.Response.OnCompleted(static recording => ((ResponseCapture)recording).EndAsync(), this);
    }

    public BodyBuffer Body { get; }

    /// <summary>Set once the rules allow storing the response: what its headers say.</summary>
    public CachedResponse? Response { get; private set; }

    /// <summary>It may be stored, but has not started: middleware in front has it, and may add to its fields.</summary>
    public bool IsPending { get; private set; }

    public StoredLifetime Lifetime { get; private set; }

    /// <summary>Called once the last byte is captured of a response that is to be stored, before it is sent.</summary>
    public Action? LastByteCaptured { get; set; }

    /// <summary>The request fields that the response differs by.</summary>
    public string[] Names { get; private set; } = [];

    /// <summary>What in it, or in how it came, says that it may not be stored, wherever that be. Null: nothing.</summary>
    public string? Forbidden { get; private set; }

    /// <summary>Why it is not to be stored, the store's own troubles included. Null: it is.</summary>
    public string? NotStored => lookup.Reason ?? Forbidden ?? (lookup.Url is null ? NoStoreReason.RedisUnavailable.Token() : null);

    /// <summary>Once it has ended: others may be answered with it, whether it can be stored or not.</summary>
    public bool IsWorthKeeping => Forbidden is null && Response is not null && Body.IsRecording;

    /// <summary>Once it has ended: it is whole and not for the store, and not because of who asked.</summary>
    public bool IsRefused => Forbidden is { } reason && !StoreDecision.IsOfOneAnswer(reason);

    /// <summary>
    /// Nothing of the response has gone to the client, nor will. Asking settles it, by the status: when something is due to go out, or when
    /// the app has returned. What has been passed on cannot be taken back, even where the server has not sent it yet.
    /// </summary>
    public bool IsHeldBack =>
        heldBack ??= holdsBack is not null && !exchange.Context.Response.HasStarted && holdsBack(exchange.Context.Response.StatusCode);

    /// <summary>It is too late for anything else to be the answer.</summary>
    public bool IsPassedOn => heldBack is false || exchange.Context.Response.HasStarted;

    /// <summary>The response's fields, without those that middleware in front had set before.</summary>
    public IHeaderDictionary OwnFields() => inFront.OriginsOf(AppsFields());

    /// <summary>
    /// Takes back a response that has not started: its status and fields, and what was recorded of it. Another may be made in its place.
    /// </summary>
    /// <returns><see cref="OwnFields"/></returns>
    public IHeaderDictionary Withdraw()
    {
        // A thread of the application that goes on writes to nothing, and not into the answer that takes this one's place.
        (isWithdrawn, heldBack) = (true, true);
        Body.Stop();
        Detach();
        var response = exchange.Context.Response;
        var fields = OwnFields();
        response.Clear();
        if (response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
            trailers.Clear();

        inFront.Restore(response.Headers);
        return fields;
    }

    /// <summary>To be called when the origin has returned. Unless the response is pending, <see cref="NotStored"/> is final.</summary>
    public void Complete()
    {
        var response = exchange.Context.Response;
        if (recorder.IsHeldBack())
            return;

        Body.Seal();
        (returned, makingTime) = ((response.StatusCode, ContentLength), DeltaSeconds.Between(exchange.RequestTime, time.GetUtcNow()));

        // A client that closes its connection once it has the last byte of Content-Length has not cut anything short.
        if (exchange.Context.RequestAborted.IsCancellationRequested && ContentLength != Body.Length)
            Forbidden ??= NoStoreReason.Aborted.Token();

        if (!decided && !response.HasStarted && Forbidden is null)
            Forbidden = Verdict(response, time.GetUtcNow(), out _).Reason?.Token();

        IsPending = !decided && Forbidden is null;
        if (!IsPending)
            Conclude();
    }

    /// <summary>To be called in place of <see cref="Complete"/> once the response has started and its last byte is captured.</summary>
    public void CompleteAtLastByte()
    {
        Body.Seal();
        returned = (exchange.Context.Response.StatusCode, ContentLength);
        makingTime = DeltaSeconds.Between(exchange.RequestTime, time.GetUtcNow());
        Conclude();
    }

    /// <summary>To be called when a pending response has been sent, or will not be.</summary>
    public void Conclude()
    {
        ended = true;
        Forbidden ??= (decided ? Shortcoming(exchange.Context.Response) : NoStoreReason.Aborted)?.Token();
        Response = Response is { } made ? made with { Rules = made.Rules with { MakingTime = makingTime } } : null;
    }

    /// <summary>To be called when the app has thrown. Whoever answers in its place, it is not the response that was to be stored.</summary>
    public void Fail()
    {
        (ended, Forbidden) = (true, NoStoreReason.Failed.Token());
        Dispose();
    }

    /// <summary>The app writes to the client directly again.</summary>
    public void Detach()
    {
        exchange.Context.Features.Set(realBody);
        session?.End();
    }

    public void Dispose() => Body.Dispose();

    /// <summary>The request has ended: what the application has kept of it is of no use any more.</summary>
    private Task EndAsync()
    {
        recorder.End();
        exchange.Serving.Close();
        return Task.CompletedTask;
    }

    /// <summary>Called before anybody in front of us gets something of it.</summary>
    private void Passing()
    {
        asItLeft ??= new RepresentationHeaders(exchange.Context.Response.Headers);
        exchange.Coding?.Show();
    }

    private IHeaderDictionary AppsFields() => asItLeft?.In(exchange.Context.Response.Headers) ?? exchange.Context.Response.Headers;

    private long? ContentLength => returned is { } then ? then.Length : asItLeft?.ContentLength ?? exchange.Context.Response.ContentLength;

    private Task DecideAsync()
    {
        var response = exchange.Context.Response;
        if (isWithdrawn)
            return Task.CompletedTask;

        if (!ended)
            Decide(response);

        // When the app has been run again to explain a failure, that run has said how it went.
        var isSaid = (ended || returned is not null) && CacheStatusHeader.IsIn(response.Headers[ResponseWriter.CacheStatusName]);
        if (storable.Options.EmitCacheStatus && !isSaid)
        {
            response.Headers.Append(ResponseWriter.CacheStatusName, !exchange.IsGet ? CacheStatusHeader.Forwarded(forwarded)
                : NotStored is { } reason ? CacheStatusHeader.NotStored(forwarded, reason) : CacheStatusHeader.Stored(forwarded));
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
            Forbidden = verdict.Reason?.Token();
            call.Start(StoreDecision.NamesOf(exchange, AppsFields().Vary, AppsFields().ContentEncoding));
            if (verdict.Lifetime is { } lifetime)
                Keep(response, facts, lifetime, now);

            if (Response is not null && !FieldLines.CanHold(Response.Fields))
                Forbidden = NoStoreReason.Fields.Token();

            decidedCacheControl = response.Headers.CacheControl;
        }
        catch (Exception mistake)
        {
            Forbidden = report.InternalError(mistake);
        }

        // A call that fails loads the origin until its own end.
        if (Forbidden is not null && CollapsedFetchEnds.Of(exchange.Context, Forbidden) is var end and not CollapsedFetchEnd.Failed)
            call.End(end);

        if (Forbidden is not null || (NotStored is not null && !call.IsLeading))
            Body.Stop();
    }

    private StoreVerdict Verdict(HttpResponse response, DateTimeOffset now, out ResponseFacts facts)
    {
        facts = storable.FactsOf(exchange, returned?.Status ?? response.StatusCode, AppsFields(), now);
        var verdict = storable.Decide(exchange, facts, now);
        if (verdict.Reason is not null)
            return verdict;

        return session?.WasUsed is true ? StoreVerdict.NoStore(NoStoreReason.Session)
            : Body.IsOverLimit || ContentLength > storable.Options.MaximumBodySize ? StoreVerdict.NoStore(NoStoreReason.TooLarge)
            : HttpFacts.HasTrailers(response) ? StoreVerdict.NoStore(NoStoreReason.Trailers)
            : returned is { } then && (then.Status != response.StatusCode || (Body.Length == 0 && HttpFacts.AwaitsStatusCodePage(response)))
                ? StoreVerdict.NoStore(NoStoreReason.Replaced)
                : verdict;
    }

    /// <summary>Takes down the fields as they stand, with those that the policy adds for clients and caches downstream.</summary>
    private void Keep(HttpResponse response, ResponseFacts facts, StoredLifetime lifetime, DateTimeOffset now)
    {
        var serving = exchange.Serving;
        var headers = response.Headers;
        if (headers.CacheControl.Count == 0 && serving.ClientCacheControl(hasExpires: headers.Expires.Count > 0) is { } told)
            headers.CacheControl = ownCacheControl = told;

        var apps = AppsFields();
        Names = StoreDecision.NamesOf(exchange, apps.Vary, apps.ContentEncoding);
        var added = string.Join(", ", Names.Except(Variants.TryParse(apps.Vary, out var named) ? named : [], StringComparer.Ordinal));
        if (added.Length > 0)
            headers.Vary = StringValues.Concat(headers.Vary, added);

        if (facts.Date is null)
            headers.Date = HttpDate.Format(now);

        if (NotStored is null)
            Body.NotifyAt(ContentLength, () => LastByteCaptured?.Invoke());

        Lifetime = lifetime;
        var fields = OwnFields();
        if (added.Length > 0)
            fields.Vary = StringValues.Concat(apps.Vary, added);

        var taken = storable.Capture(fields, facts, lifetime, now);
        Response = new CachedResponse(
            [.. taken.Fields, .. inFront.RemovedFrom(headers)], taken.Rules with { IsCacheControlOurs = ownCacheControl is not null });

        // Of the stored bytes the tag is as strong as the origin has said; of those that middleware in front makes of them it is not known.
        if (HttpFacts.IsReplaced(realBody, exchange.Context) && Response.Rules.Part is null)
            headers.ETag = EntityTags.Weakened(headers.ETag);
    }

    private NoStoreReason? Shortcoming(HttpResponse response)
    {
        // Since the decision the origin may have signed a user in, and callbacks of middleware in front may have added fields.
        var forbidden = Body.IsOverLimit ? NoStoreReason.TooLarge
            : session?.WasUsed is true ? NoStoreReason.Session
            : HttpFacts.HasTrailers(response) ? NoStoreReason.Trailers
            : (Response is { } made ? Storing.ForbiddenByUser(exchange.RequestAsOfNow, made.Rules) : null)
                ?? storable.ForbiddenSince(exchange, response, decidedCacheControl, ownCacheControl, time.GetUtcNow());
        if (forbidden is not null)
            return forbidden;

        Names = Variants.Union(Names, StoreDecision.NamesInFront(response.Headers.Vary));
        return Body.IsBroken || (ContentLength is { } length && length != Body.Length) ? NoStoreReason.Incomplete : null;
    }
}
