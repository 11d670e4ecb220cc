using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// The story of a request, in the order of docs/how-a-request-flows.md; its steps 5 and 6 are <see cref="OriginFetch"/>'s.
/// <para>
/// Failure policy: Redis away or refusing, and a mistake of our own, cost a logged, counted miss; the app answers.
/// </para>
/// </summary>
internal sealed class ResponseCacheMiddleware
{
    /// <summary>Lookups of a request before it no longer waits for other nodes.</summary>
    private const int MostRounds = 3;

    private static readonly CollapseResult Alone = new CollapseResult.FetchAlone(OriginCall.Unobserved);

    private readonly RequestDelegate next;
    private readonly RequestLookup lookups;
    private readonly ResponseStore store;
    private readonly ResponseKeys keys;
    private readonly PolicyProvider policies;
    private readonly CorrespondingGetRouting routing;
    private readonly CachingScope scope;
    private readonly ResponseCacheContextFactory exchanges;
    private readonly OriginForwarder forwarded;
    private readonly RequestCollapser collapser;
    private readonly BackgroundRevalidation background;
    private readonly EncodedCopies codings;
    private readonly ResponseCacheTelemetry report;
    private readonly RedisExpiringCacheOptions options;
    private readonly TimeProvider time;
    private readonly CaptureServices parts;
    private readonly OriginFetch app;
    private readonly TimeLimit responseBudget;
    private readonly TimeLimit ownBudget;

    public ResponseCacheMiddleware(
        RequestDelegate next, ResponseLookups lookups, ResponseStore store, ResponseKeys keys, PolicyProvider policies,
        PublicEndpoints publicEndpoints, EndpointEvictionRunner evictions, CorrespondingGetRouting routing, RequestCollapser collapser,
        BackgroundRevalidation background, EncodedCopies codings, ResponseCacheTelemetry report, IOptions<RedisExpiringCacheOptions> options, TimeProvider time)
    {
        (this.next, this.store, this.keys, this.policies, this.routing) = (next, store, keys, policies, routing);
        (this.collapser, this.background, this.codings, this.report, this.options, this.time) = (collapser, background, codings, report, options.Value, time);
        if (options.Value.ResponseCaching.EarlyRefresh > 0)
            background.Prepare();

        parts = new CaptureServices(new StoreDecision(options.Value.ResponseCaching), new StoresInProgress(), report, time);
        app = new OriginFetch(next, lookups, store, keys, parts);
        responseBudget = options.Value.ResponseCaching.ToBudget();
        this.lookups = new RequestLookup(lookups, codings, parts.StoresUnderWay, parts.Storable.Rules, responseBudget, report);
        scope = new CachingScope(parts.Storable, publicEndpoints, report, time);
        exchanges = new ResponseCacheContextFactory(policies, keys, report, time);
        forwarded = new OriginForwarder(next, exchanges, policies, scope, routing, this.lookups, app, evictions, parts);
        ownBudget = new TimeLimit(options.Value.OperationTimeout, nameof(RedisExpiringCacheOptions.OperationTimeout));
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // 1. Is this request one we may look up?
        var get = context.Request.Method == HttpMethods.Head ? await routing.TryFindAsync(context) : null;
        var endpoint = get?.Endpoint ?? context.GetEndpoint();
        var policy = policies.Of(endpoint);
        var notAsked = ResponseCacheContext.ReasonNotToLook(context, endpoint, policy, get);
        if (notAsked is null && !scope.Includes(context, policy))
        {
            await forwarded.ForwardOutOfScopeAsync(context, policy);
            return;
        }

        using var coding = context.Response.HasStarted ? null : codings.Begin(context);
        if (notAsked is { } reason)
        {
            await forwarded.ForwardAsync(context, policy, reason);
            return;
        }

        var budget = new RequestTimeLimit(responseBudget);
        for (var round = 1; !await TryAnswer(context, policy, get, budget, isLast: round >= MostRounds); round++)
        {
        }
    }

    /// <summary>Renews a stored response by a request that has come through the pipeline as the client's did.</summary>
    public async Task RenewAsync(HttpContext context, Renewal renewal)
    {
        using var coding = codings.Begin(context);
        renewal.Outcome = RenewalOutcome.Failed;
        try
        {
            renewal.Outcome = await TryRenew(context, renewal);
        }
        catch (Exception failure)
        {
            renewal.Failure = failure;
            throw;
        }

        // There is nothing to say, and no cache in front may store that.
        if (!renewal.HasCalledOrigin)
            context.Response.StatusCode = StatusCodes.Status304NotModified;
    }

    /// <returns>False when the response has to be looked up again.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TryAnswer(
        HttpContext context, ResponsePolicy policy, RoutedGet? get, RequestTimeLimit budget, bool isLast)
    {
        if (exchanges.TryBegin(context, policy, budget, get) is not { } exchange)
        {
            using var features = FeatureScope.Begin(context, serving: null);
            await next(context);
            return true;
        }

        // 2. Look it up.
        var near = lookups.LookNear(exchange, out var verdict);
        using var lookup = near ?? await lookups.LookUpAsync(exchange);

        // 3. Ask the rules.
        if (near is null)
            verdict = Decide(exchange, lookup);

        // 4. Apply the verdict.
        switch (verdict.Action)
        {
            case ReuseAction.Serve:
                RenewEarly(exchange, lookup, verdict);
                await Serve(exchange, lookup, verdict);
                return true;
            case ReuseAction.ServeAndRevalidate:
                if (!background.TryStart(exchange, lookup, next, renewed: null))
                    return await TryAsk(exchange.WithFieldsAsTheyCame(), lookup, verdict.InForeground(lookup.Response!.Rules), isLast);

                await Serve(exchange, lookup, verdict);
                return true;
            case ReuseAction.GatewayTimeout:
                ResponseWriter.GatewayTimeout(context, Status(CacheStatusHeader.Forwarded(verdict.Reason!.Value)));
                report.Answered(exchange.Path, ResponseOutcome.GatewayTimeout, verdict.Reason);
                return true;
            default:
                return await TryAsk(exchange.WithFieldsAsTheyCame(), lookup, verdict, isLast);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Serve(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict)
    {
        var timeLeft = verdict.TimeLeft;
        if (lookup.Expiry.Sliding is { } window)
        {
            store.SlideBehind(exchange.Question.UrlKey, lookup);
            timeLeft = timeLeft < window ? timeLeft : window;
        }

        var level = lookup.IsNear ? HitLevel.Near : HitLevel.Redis;
        var status = CacheStatusHeader.Hit(timeLeft, level);
        if (options.ResponseCaching.EmitCacheKey)
            status = CacheStatusHeader.WithKey(status, lookup.Key!);

        var outcome = await ResponseWriter.ServeAsync(exchange, lookup, lookup.Response!, verdict.Age, Status(status));
        report.Answered(exchange.Path, outcome, reason: null, level);
    }

    /// <summary>Collapses the request into an origin call of another one, or calls the origin.</summary>
    private async Task<bool> TryAsk(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, bool isLast)
    {
        var result = collapser.IsOpenTo(exchange, lookup, verdict, parts.Storable.Rules)
            ? await collapser.EnterAsync(exchange, lookup, verdict.MayServeOnError, isLast)
            : Alone;
        switch (result)
        {
            case CollapseResult.Retry:
                return false;
            case CollapseResult.OriginFailed when verdict.MayServeOnError:
                await app.ServeOnErrorAsync(exchange, lookup, verdict, status: null);
                return true;
            case CollapseResult.OriginFailed:
                var failed = lookup.RefineReason(verdict.Reason!.Value);
                ResponseWriter.ServiceUnavailable(exchange.Context, Status(CacheStatusHeader.OriginFailed(failed)));
                report.OriginFailed(exchange.Path, failed);
                return true;
            case CollapseResult.Share { Response: var shared } when keys.DigestOf(exchange.Question, shared.Names) != shared.Digest:
                // Another variant of the resource: by now the collapser knows which fields they differ by.
                if (!isLast)
                    return false;

                break;
            case CollapseResult.Share { Response: var shared } when await TryShare(exchange, lookup, verdict, shared):
                return true;
        }

        using var call = result switch
        {
            CollapseResult.Lead lead => lead.Call,
            CollapseResult.FetchAlone alone => alone.Call,
            _ => OriginCall.Unobserved,
        };
        await app.AskAsync(exchange, lookup, verdict, call);
        return true;
    }

    /// <summary>
    /// Answers with what the app has said to somebody else, if the rules would let it be stored and used again for this request.
    /// </summary>
    private async Task<bool> TryShare(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict asked, SharedResponse shared)
    {
        var verdict = Reuse.Decide(exchange.Request, shared.Response.Rules, parts.Storable.Rules, time.GetUtcNow());
        if (verdict.Action != ReuseAction.Serve)
            return false;

        var reason = lookup.RefineReason(asked.Reason!.Value);
        await ResponseWriter.ServePlainAsync(exchange, shared.Response, shared.Body, verdict.Age, Status(CacheStatusHeader.Collapsed(reason)));
        report.Answered(exchange.Path, ResponseOutcome.Collapsed, reason);
        return true;
    }

    private void RenewEarly(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict)
    {
        // Not for a HEAD: its endpoint may be another than that of the GET which is stored.
        var factor = options.ResponseCaching.EarlyRefresh;
        if (factor > 0 && exchange.IsGet && verdict.TimeLeft is { } left && EarlyRefresh.IsDue(left, lookup.Response!.Rules.MakingTime, factor, 1 - Random.Shared.NextDouble()))
            background.TryStart(exchange, lookup, next, lookup.Response.Rules.ResponseTime);
    }

    private async Task<RenewalOutcome> TryRenew(HttpContext context, Renewal renewal)
    {
        var endpoint = context.GetEndpoint();
        var policy = policies.Of(endpoint);
        if (ResponseCacheContext.ReasonNotToLook(context, endpoint, policy, get: null) is not null
            || exchanges.TryBegin(context, policy, new RequestTimeLimit(ownBudget)) is not { } exchange
            || !renewal.IsFor(next, VariantKey.Of(exchange.Question, keys, renewal.Names)))
            return RenewalOutcome.KeyDiffers;

        using var before = await lookups.LookUpAsync(exchange);
        if (before.Url is null)
            return RenewalOutcome.NotNeeded;

        if (IsRenewed(before))
            return RenewalOutcome.Done;

        using var call = await collapser.TryLeadAsync(exchange, before, renewal.TimeLeft);
        if (call is null)
            return RenewalOutcome.NotNeeded;

        // An aborted renewal holds no others, even if the origin does not heed its token or a callback on that blocks.
        await using var aborted = renewal.Abort.UnsafeRegister(static call => ((OriginCall)call!).End(CollapsedFetchEnd.Inconclusive), call);

        // Another node may have renewed it between the first lookup and now.
        using var lookup = await lookups.LookUpAsync(exchange);
        if (lookup.Url is null)
            return RenewalOutcome.NotNeeded;

        if (IsRenewed(lookup))
            return RenewalOutcome.Done;

        renewal.HasCalledOrigin = true;
        await app.AskAsync(exchange.WithFieldsAsTheyCame(), lookup, Decide(exchange, lookup).ForRenewal(lookup.Response?.Rules), call);
        return Validation.IsFailure(context.Response.StatusCode) ? RenewalOutcome.Failed : RenewalOutcome.Done;

        bool IsRenewed(LookupResult found) =>
            Decide(exchange, found).Action == ReuseAction.Serve && found.Response!.Rules.ResponseTime != renewal.Renewed;
    }

    private ReuseVerdict Decide(ResponseCacheContext exchange, LookupResult lookup) =>
        Reuse.Decide(exchange.Request, lookup.Response?.Rules, parts.Storable.Rules, exchange.Now);

    private string? Status(string cacheStatus) => options.ResponseCaching.EmitCacheStatus ? cacheStatus : null;
}
