using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// The story of a request, in the order of docs/how-a-request-flows.md.
/// <para>
/// Failure policy: Redis away or refusing, and a mistake of our own, cost a logged, counted miss; the app answers. Exceptions of the app pass
/// through as they are.
/// </para>
/// </summary>
internal sealed class ResponseCacheMiddleware(
    RequestDelegate next, ResponseStore store, ResponseKeys keys, EndpointEvictions evictions, ResponseReport report,
    IOptions<RedisExpiringCacheOptions> cacheOptions, TimeProvider time)
{
    private readonly ResponseCachingOptions options = cacheOptions.Value.ResponseCaching;
    private readonly StoresUnderWay storesUnderWay = new();

    public async Task InvokeAsync(HttpContext context)
    {
        // 1. Is this request one we may look up?
        var endpoint = context.GetEndpoint();
        if (ReasonNotToLook(context, endpoint) is { } notAsked)
        {
            await evictions.RunAsync(context, next, Status(CacheStatus.Forwarded(notAsked)));
            report.Answered(context.Request.Path, ResponseOutcome.Forwarded, notAsked);
            return;
        }

        // 2. Look it up.
        if (Begin(context, endpoint) is not { } exchange)
        {
            await next(context);
            return;
        }

        using var lookup = await LookUp(exchange);

        // 3. Ask the rules.
        var verdict = Reuse.Decide(exchange.Request, lookup.Response?.Rules, options.HonorRequestDirectives, exchange.Now);

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
                await Forward(exchange.WithFieldsAsTheyCame(), lookup, Precise(verdict.Reason!.Value, lookup));
                break;
        }
    }

    private static ForwardReason? ReasonNotToLook(HttpContext context, Endpoint? endpoint)
    {
        var method = context.Request.Method;
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
            return ForwardReason.Method;

        return !HttpFacts.IsPlain(context) || EndpointEvictions.IsEvicting(endpoint) ? ForwardReason.Bypass : null;
    }

    private Exchange? Begin(HttpContext context, Endpoint? endpoint)
    {
        try
        {
            return Exchange.Begin(context, ResponsePolicy.Of(endpoint), keys, time.GetUtcNow());
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
            await storesUnderWay.WaitAsync(exchange.Question.UrlKey, call.Left(cacheOptions.Value.OperationTimeout));
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

        var outcome = await ResponseReplay.ServeAsync(exchange, lookup, verdict.Age, Status(CacheStatus.Hit(timeLeft)));
        report.Answered(exchange.Path, outcome);
    }

    private async Task Forward(Exchange exchange, Lookup lookup, ForwardReason reason)
    {
        // 5. While the app writes, pass the bytes on and record them.
        using var recording = new ResponseRecording(exchange, lookup, reason, options, storesUnderWay, report, time);
        try
        {
            await next(exchange.Context);
            await recording.CompleteAsync();
        }
        catch
        {
            recording.Fail();
            report.NotStored(exchange.Path, NoStoreReason.Failed.Token());
            throw;
        }
        finally
        {
            recording.Detach();
            report.Answered(exchange.Path, ResponseOutcome.Forwarded, reason);
        }

        // 6. Store it with its expiry, or forget it.
        if (recording.NotStored is { } notStored)
            report.NotStored(exchange.Path, notStored);
        else
            await Store(exchange, lookup, recording);
    }

    private async Task Store(Exchange exchange, Lookup lookup, ResponseRecording recording)
    {
        var body = recording.Body.ToSequence();
        var response = WithETag(recording.Response!, body);
        try
        {
            if (await store.StoreAsync(exchange.Question, lookup, response, recording.Names, recording.Lifetime, body))
                report.Stored(exchange.Path, recording.Lifetime.TimeToLive ?? recording.Lifetime.Sliding);
            else
                report.NotStored(exchange.Path, NoStoreReason.Evicted.Token());
        }
        catch (Exception failure)
        {
            report.NotStored(exchange.Path, report.StoreFailed(failure));
        }
    }

    /// <summary>A strong validator from the bytes, for a response that lacks one: so that clients get a 304 from the next hit on.</summary>
    private static CachedResponse WithETag(CachedResponse response, in ReadOnlySequence<byte> body)
    {
        if (response.StatusCode != StatusCodes.Status200OK || response.Rules.ETag is not null)
            return response;

        var hash = new XxHash128();
        foreach (var segment in body)
            hash.Append(segment.Span);

        return response with { Fields = [.. response.Fields, new("ETag", $"\"{Base64Url.EncodeToString(hash.GetCurrentHash())}\"")] };
    }

    private static ForwardReason Precise(ForwardReason reason, Lookup lookup) =>
        reason == ForwardReason.UriMiss && lookup.Url is { Names.Length: > 0 } ? ForwardReason.VaryMiss : reason;

    private string? Status(string cacheStatus) => options.EmitCacheStatus ? cacheStatus : null;
}
