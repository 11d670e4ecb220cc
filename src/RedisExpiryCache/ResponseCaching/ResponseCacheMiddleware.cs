using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// The story of a request, in the order of docs/how-a-request-flows.md.
/// <para>
/// Failure policy: Redis away or refusing, and a mistake of our own, cost a logged, counted miss; the app answers. Exceptions of the app pass
/// through as they are, unless a stored response may stand in for an app that fails; then they are logged.
/// </para>
/// </summary>
internal sealed class ResponseCacheMiddleware(
    RequestDelegate next, ResponseStore store, ResponseKeys keys, PolicyBook policies, EndpointEvictions evictions, ResponseReport report,
    IOptions<RedisExpiringCacheOptions> cacheOptions, TimeProvider time)
{
    private readonly ResponseCachingOptions options = cacheOptions.Value.ResponseCaching;
    private readonly RecordingParts parts = new(new StorableResponses(cacheOptions.Value.ResponseCaching), new StoresUnderWay(), report, time);
    private readonly Freshening freshening = new(store, new StorableResponses(cacheOptions.Value.ResponseCaching), report, time);

    public async Task InvokeAsync(HttpContext context)
    {
        // 1. Is this request one we may look up?
        var endpoint = context.GetEndpoint();
        var policy = policies.Of(endpoint);
        if (ReasonNotToLook(context, endpoint, policy) is { } notAsked)
        {
            MvcResponseCache.AddFeature(context);
            if (options.StorePostResponses && HttpMethods.IsPost(context.Request.Method) && !policy.NoStore && Begin(context, policy) is { } post)
                await Post(post);
            else
                await evictions.RunAsync(context, next, Status(CacheStatus.Forwarded(notAsked)));

            report.Answered(context.Request.Path, ResponseOutcome.Forwarded, notAsked);
            return;
        }

        // 2. Look it up.
        if (Begin(context, policy) is not { } exchange)
        {
            MvcResponseCache.AddFeature(context);
            await next(context);
            return;
        }

        using var lookup = await LookUp(exchange);

        // 3. Ask the rules.
        var verdict = Reuse.Decide(exchange.Request, lookup.Response?.Rules, parts.Storable.Rules, exchange.Now);

        // 4. Apply the verdict.
        switch (verdict.Action)
        {
            case ReuseAction.Serve:
                await Serve(exchange, lookup, verdict);
                break;
            case ReuseAction.GatewayTimeout:
                ResponseReplay.GatewayTimeout(context, Status(CacheStatus.Forwarded(verdict.Reason!.Value)));
                report.Answered(exchange.Path, ResponseOutcome.GatewayTimeout, verdict.Reason);
                break;
            default:
                var asked = exchange.WithFieldsAsTheyCame();
                await Ask(asked, lookup, verdict, Freshening.ConditionsFor(asked, lookup, verdict));
                break;
        }
    }

    private static ForwardReason? ReasonNotToLook(HttpContext context, Endpoint? endpoint, ResponsePolicy policy)
    {
        var method = context.Request.Method;
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
            return ForwardReason.Method;

        return policy.NoStore || !HttpFacts.IsPlain(context) || EndpointEvictions.IsEvicting(endpoint) ? ForwardReason.Bypass : null;
    }

    private Exchange? Begin(HttpContext context, ResponsePolicy policy)
    {
        try
        {
            return Exchange.Begin(context, policy, keys, time.GetUtcNow());
        }
        catch (Exception mistake)
        {
            report.Mistake(mistake);
            return null;
        }
    }

    private async ValueTask<Lookup> LookUp(Exchange exchange)
    {
        var started = ResponseReport.Start();
        try
        {
            var call = Call.Detached();
            await parts.StoresUnderWay.WaitAsync(exchange.Question.UrlKey, call.Left(cacheOptions.Value.OperationTimeout));
            var lookup = await store.FindAsync(exchange.Question, exchange.MayStore, call);
            report.LookedUp(started, lookup.Response is null ? ResponseOutcome.Forwarded : ResponseOutcome.Hit);
            return lookup;
        }
        catch (Exception failure)
        {
            report.LookedUp(started, ResponseOutcome.Error);
            return new Lookup(report.StoreFailed(failure));
        }
    }

    private async Task Serve(Exchange exchange, Lookup lookup, ReuseVerdict verdict)
    {
        var timeLeft = verdict.TimeLeft;
        if (lookup.Expiry.Sliding is { } window)
        {
            _ = store.SlideBehindAsync(exchange.Question.UrlKey, lookup);
            timeLeft = timeLeft < window ? timeLeft : window;
        }

        var status = options.EmitCacheKey ? CacheStatus.WithKey(CacheStatus.Hit(timeLeft), lookup.Key!) : CacheStatus.Hit(timeLeft);
        var outcome = await ResponseReplay.ServeAsync(exchange, lookup.Response!, lookup.Body, verdict.Age, Status(status));
        report.Answered(exchange.Path, outcome);
    }

    private async Task Ask(Exchange exchange, Lookup lookup, ReuseVerdict verdict, Conditions conditions)
    {
        // 5. While the app writes, pass the bytes on and record them; but not what is said to this cache only.
        var reason = Precise(verdict.Reason!.Value, lookup);
        using var recording = new ResponseRecording(exchange, lookup, reason, IsHeldBack, parts);
        exchange.Context.Features.Set<IResponseCacheFeature>(exchange.Serving);
        MvcResponseCache.AddFeature(exchange.Context);
        try
        {
            using (new RequestConditions(exchange.Context.Request.Headers, conditions))
                await next(exchange.Context);

            await recording.CompleteAsync();
        }
        catch (Exception failure) when (
            verdict.MayServeOnError && !recording.IsPassedOn && failure is not BadHttpRequestException && !exchange.Context.RequestAborted.IsCancellationRequested)
        {
            recording.Withdraw();
            report.AppFailed(exchange.Path, failure);
            await ServeOnError(exchange, lookup, verdict, reason, status: null);
            return;
        }
        catch
        {
            recording.Fail();
            report.NotStored(exchange.Path, NoStoreReason.Failed.Token());
            report.Answered(exchange.Path, ResponseOutcome.Forwarded, reason);
            throw;
        }
        finally
        {
            recording.Detach();
        }

        if (recording.IsHeldBack)
        {
            await AnswerInstead(exchange, lookup, verdict, conditions, reason, recording);
            return;
        }

        report.Answered(exchange.Path, ResponseOutcome.Forwarded, reason);

        // 6. Store it with its expiry, or forget it.
        if (recording.NotStored is { } notStored)
            report.NotStored(exchange.Path, notStored);
        else
            await Store(exchange, lookup, recording);

        if (!exchange.MayStore && verdict.Reason != ForwardReason.Bypass)
            await freshening.LearnFromHeadAsync(exchange, lookup, recording.OwnFields());

        bool IsHeldBack(int status) =>
            (status == StatusCodes.Status304NotModified && !conditions.IsNone) || (verdict.MayServeOnError && Validation.IsFailure(status));
    }

    /// <summary>RFC 9110 9.3.3: an answer to POST evicts what is stored for the URL, and may be what a later GET is answered with.</summary>
    private async Task Post(Exchange exchange)
    {
        using var lookup = await LookUp(exchange);
        var renewal = lookup.Url is { } url ? new UrlRenewal(exchange.Question.UrlKey, url.Generation) : null;
        using var recording = new ResponseRecording(exchange, lookup, ForwardReason.Method, holdsBack: null, parts);
        try
        {
            await evictions.RunAsync(exchange.Context, next, cacheStatus: null, renewal);
            await recording.CompleteAsync();
        }
        catch
        {
            recording.Fail();
            throw;
        }
        finally
        {
            recording.Detach();
        }

        if (recording.NotStored is { } notStored)
            report.NotStored(exchange.Path, notStored);
        else if (renewal?.Generation is { } generation)
            await Store(exchange, lookup.Under(generation), recording);
        else
            report.NotStored(exchange.Path, NoStoreReason.Evicted.Token());
    }

    /// <summary>The app has spoken to this cache and not to the client: it has confirmed what is stored, or it has failed.</summary>
    private async Task AnswerInstead(
        Exchange exchange, Lookup lookup, ReuseVerdict verdict, Conditions conditions, ForwardReason reason, ResponseRecording recording)
    {
        var status = exchange.Context.Response.StatusCode;
        var fields = recording.Withdraw();
        if (status != StatusCodes.Status304NotModified)
            await ServeOnError(exchange, lookup, verdict, reason, status);
        else if (!await freshening.TryServeAsync(exchange, lookup, conditions, reason, fields))
            await Ask(exchange.ForAnotherRun(), lookup, verdict, Conditions.None);
    }

    private async Task ServeOnError(Exchange exchange, Lookup lookup, ReuseVerdict verdict, ForwardReason reason, int? status)
    {
        // The app has taken its time to fail.
        var since = DeltaSeconds.Between(exchange.Now, time.GetUtcNow());
        await ResponseReplay.ServeAsync(
            exchange, lookup.Response!, lookup.Body, DeltaSeconds.Add(verdict.Age, since), Status(CacheStatus.OnError(reason, status, verdict.TimeLeft - since)));
        report.Answered(exchange.Path, ResponseOutcome.StaleIfError, reason);
    }

    private async Task Store(Exchange exchange, Lookup lookup, ResponseRecording recording)
    {
        var (response, body) = PartialContent.Combine(lookup, recording.Response!, recording.Body.ToSequence(), options.MaximumBodySize);
        if (PartialContent.IsLessThanStored(lookup, response))
        {
            report.NotStored(exchange.Path, NoStoreReason.PartialContent.Token());
            return;
        }

        await store.TryStoreAsync(exchange, lookup, WithETag(response, body), recording.Names, recording.Lifetime, body);
    }

    /// <summary>A strong validator from the bytes, for a response that lacks one: so that clients get a 304 from the next hit on.</summary>
    private static CachedResponse WithETag(CachedResponse response, in ReadOnlySequence<byte> body)
    {
        if (response.StatusCode != StatusCodes.Status200OK || response.Rules.ETag is not null)
            return response;

        var hash = new XxHash128();
        foreach (var segment in body)
            hash.Append(segment.Span);

        return new CachedResponse(
            [.. response.Fields, new("ETag", $"\"{Base64Url.EncodeToString(hash.GetCurrentHash())}\"")], response.Rules with { IsETagOurs = true });
    }

    private static ForwardReason Precise(ForwardReason reason, Lookup lookup) =>
        reason == ForwardReason.UriMiss && lookup.Url is { Names.Length: > 0 } ? ForwardReason.VaryMiss : reason;

    private string? Status(string cacheStatus) => options.EmitCacheStatus ? cacheStatus : null;
}
