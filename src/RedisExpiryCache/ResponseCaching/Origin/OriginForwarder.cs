using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>Requests that go to the origin without a lookup.</summary>
internal sealed class OriginForwarder(
    RequestDelegate next, ResponseCacheContextFactory exchanges, PolicyProvider policies, CachingScope scope, CorrespondingGetRouting routing, RequestLookup lookups, OriginFetch app,
    EndpointEvictionRunner evictions, CaptureServices parts)
{
    private static readonly string Unmarked = CacheStatusHeader.NotStored(ForwardReason.Bypass, NoStoreReason.Unmarked.Token());

    private readonly ResponseCachingOptions options = parts.Storable.Options;
    private readonly TimeLimit budget = parts.Storable.Options.ToBudget();

    /// <summary>
    /// A request that no stored response answers. An unsafe method invalidates, and a POST may be stored for a later GET.
    /// </summary>
    public async Task ForwardAsync(HttpContext context, ResponsePolicy policy, ForwardReason reason)
    {
        using var features = FeatureScope.Begin(context, serving: null);
        if (options.StorePostResponses && context.Request.Method == HttpMethods.Post && !policy.NoStore
            && !context.Response.HasStarted && await BeginPost(context, policy) is { } post)
        {
            using var lookup = await lookups.LookUpAsync(post);
            await app.PostAsync(post, lookup, evictions);
        }
        else
        {
            await evictions.RunAsync(context, next, options.EmitCacheStatus ? CacheStatusHeader.Forwarded(reason) : null);
        }

        parts.Report.Answered(context.Request.Path, ResponseOutcome.Forwarded, reason);
    }

    /// <summary>A GET or HEAD that is out of scope. Redis is not asked, and no other request waits for it.</summary>
    public async Task ForwardOutOfScopeAsync(HttpContext context, ResponsePolicy policy)
    {
        var serving = new ResponseCacheFeature(policy, context.Response);
        using var features = FeatureScope.Begin(context, policy.Scope == EndpointScope.PublicResponses ? serving : null);
        var starting = new Starting(this, context, serving);
        context.Response.OnStarting(static state => ((Starting)state).RunAsync(), starting);
        try
        {
            await next(context);
            starting.Origin = OriginState.Returned;
        }
        catch
        {
            starting.Origin = OriginState.Failed;
            throw;
        }
        finally
        {
            parts.Report.Answered(context.Request.Path, ResponseOutcome.Forwarded, ForwardReason.Bypass);
            parts.Report.NotStored(context.Request.Path, NoStoreReason.Unmarked.Token());
        }
    }

    /// <summary>A later GET finds the answer to a POST under its own endpoint.</summary>
    /// <returns>Null: that GET is not looked up, or it failed.</returns>
    private async ValueTask<ResponseCacheContext?> BeginPost(HttpContext context, ResponsePolicy policy)
    {
        var get = await routing.TryFindAsync(context);
        var getPolicy = get is null ? policy : policies.Of(get.Endpoint);
        return scope.Includes(context, getPolicy) ? exchanges.TryBegin(context, getPolicy, new RequestTimeLimit(budget), get) : null;
    }

    private Task StartAsync(HttpContext context, ResponseCacheFeature serving, OriginState origin)
    {
        try
        {
            // After a failure, what starts is the response of middleware in front.
            if (origin != OriginState.Failed)
                scope.Observe(context, serving);
        }
        catch (Exception mistake)
        {
            parts.Report.InternalError(mistake);
        }

        // When the application has been run again to explain a failure, that run has said how it went. Before, it is another cache's word.
        var headers = context.Response.Headers;
        var isSaid = origin != OriginState.Running && CacheStatusHeader.IsIn(headers[ResponseWriter.CacheStatusName]);
        if (options.EmitCacheStatus && !isSaid)
            headers.Append(ResponseWriter.CacheStatusName, Unmarked);

        return Task.CompletedTask;
    }

    private enum OriginState
    {
        Running,
        Returned,
        Failed,
    }

    /// <summary>The start of the response to a request out of scope.</summary>
    private sealed class Starting(OriginForwarder requests, HttpContext context, ResponseCacheFeature serving)
    {
        public OriginState Origin { get; set; }

        public Task RunAsync()
        {
            serving.Close();
            return requests.StartAsync(context, serving, Origin);
        }
    }
}
