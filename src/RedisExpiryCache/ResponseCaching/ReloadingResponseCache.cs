using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// The response cache in the pipeline: creates a <see cref="ResponseCacheMiddleware"/> for the options in use, and another when they
/// change.
/// </summary>
/// <remarks>
/// A request in progress keeps its middleware, and so its options. A request that has passed the response cache in an outer pipeline is not
/// looked up a second time.
/// </remarks>
internal sealed class ReloadingResponseCache
{
    private readonly Lock gate = new();
    private readonly RequestDelegate next;
    private readonly IServiceProvider services;
    private readonly IOptionsMonitor<RedisExpiringCacheOptions> settings;
    private readonly ILogger logger;
    private RedisExpiringCacheOptions? taken;
    private readonly DisabledResponseCache disabled;

    /// <summary>Null: turned off.</summary>
    private volatile ResponseCacheMiddleware? current;
    private int saidTwice;

    public ReloadingResponseCache(
        RequestDelegate next, IServiceProvider services, EndpointEvictionRunner evictions,
        IOptionsMonitor<RedisExpiringCacheOptions> settings, ILogger<ReloadingResponseCache> logger)
    {
        (this.next, this.services, this.settings, this.logger) = (next, services, settings, logger);
        disabled = new DisabledResponseCache(next, evictions);
        settings.OnChange(_ => Renew());
        Renew();
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // A renewal that has been here counts as a client's request: it is run again to explain a failure.
        var visit = context.Features.Get<CachePassage>();
        if (ReferenceEquals(visit, CachePassage.Inside))
        {
            if (Interlocked.Exchange(ref saidTwice, 1) == 0)
                logger.ResponseCacheTwice();

            await next(context);
            return;
        }

        var done = context.GetEndpoint() is null ? CachePassage.DoneWithoutEndpoint : CachePassage.Done;
        context.Features.Set(CachePassage.Inside);
        try
        {
            await RunAsync(context, visit as Renewal);
        }
        finally
        {
            context.Features.Set(done);
        }
    }

    private Task RunAsync(HttpContext context, Renewal? renewal)
    {
        if (current is not { } cache)
            return disabled.InvokeAsync(context, renewal);

        return renewal is null ? cache.InvokeAsync(context) : cache.RenewAsync(context, renewal);
    }

    private void Renew()
    {
        lock (gate)
        {
            // Not the callback's argument: two callbacks may run in the wrong order.
            var options = settings.CurrentValue;
            if (ReferenceEquals(options, taken))
                return;

            current = options.ResponseCaching.Enabled ? CacheWith(options) : null;
            taken = options;
            if (current is null)
                logger.ResponseCacheDisabled();
        }
    }

    private ResponseCacheMiddleware CacheWith(RedisExpiringCacheOptions options)
    {
        var wrapped = Options.Create(options);
        return ActivatorUtilities.CreateInstance<ResponseCacheMiddleware>(services, next, wrapped, new PolicyProvider(wrapped, services));
    }
}
