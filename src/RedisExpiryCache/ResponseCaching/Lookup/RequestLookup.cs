using System.Runtime.CompilerServices;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>
/// Step 2 of a request's story: looks it up, in this process and in Redis. Failure policy: a Redis that fails, and a mistake of our own,
/// are reported, and the request goes on as if nothing were stored.
/// </summary>
internal sealed class RequestLookup(
    ResponseLookups lookups, EncodedCopies codings, StoresInProgress storesUnderWay, CachingRules rules, TimeLimit budget, ResponseCacheTelemetry report)
{
    /// <summary>
    /// A hit that needs nothing but what is in this process. Whatever else the rules would say, they say of what Redis holds now.
    /// </summary>
    public LookupResult? LookNear(ResponseCacheContext exchange, out ReuseVerdict verdict)
    {
        verdict = default;
        var started = ResponseCacheTelemetry.Start();
        try
        {
            // In this order: a store drops what is near before it says that it is done.
            if (!lookups.HasNear || storesUnderWay.Has(exchange.Question.Identity)
                || lookups.FindNear(exchange.Question) is not { } near)
                return null;

            verdict = Reuse.Decide(exchange.Request, near.Response?.Rules, rules, exchange.Now);
            if (verdict.Action != ReuseAction.Serve)
                return null;

            exchange.Coding?.AskAhead(key: null, read: null, OperationContext.Detached(budget));
            report.LookedUp(started, ResponseOutcome.Hit, HitLevel.Near);
            return near;
        }
        catch (Exception mistake)
        {
            report.InternalError(mistake);
            return null;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<LookupResult> LookUpAsync(ResponseCacheContext exchange)
    {
        var started = ResponseCacheTelemetry.Start();
        var call = exchange.Question.Budget.Begin();
        try
        {
            await storesUnderWay.WaitAsync(exchange.Question.Identity, exchange.Question.Budget.Left(call));
            codings.AskAhead(exchange, call);
            var lookup = await lookups.FindAsync(exchange.Question, MissingOf(exchange), call, out var guess);
            if (guess is not null && !lookup.Answers(exchange.Question, guess))
            {
                lookup.Dispose();
                lookup = await lookups.FindAloneAsync(exchange.Question, MissingOf(exchange), call);
            }

            report.LookedUp(started, lookup.Response is null ? ResponseOutcome.Forwarded : ResponseOutcome.Hit, lookup.Response is null ? null : HitLevel.Redis);
            return lookup;
        }
        catch (Exception failure)
        {
            report.LookedUp(started, ResponseOutcome.Error);
            return new LookupResult(report.StoreFailed(failure));
        }
        finally
        {
            exchange.Question.Budget.End(call);
        }
    }

    /// <summary>An answer to POST evicts and stores the same URL in one step, for which its generation has to be there.</summary>
    private static MissingGenerations MissingOf(ResponseCacheContext exchange) =>
        !exchange.IsGet ? MissingGenerations.Ignore
        : exchange.Request.Method == HttpMethods.Post ? MissingGenerations.Create : MissingGenerations.Note;
}
