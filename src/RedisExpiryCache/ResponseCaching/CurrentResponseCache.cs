using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// The response cache's place in the pipeline. Each request goes through one <see cref="ResponseCacheMiddleware"/> from beginning to end, and so by
/// one set of settings; when they change, the next request gets a new one. What is under way stays with the old one: that costs a call to the app at
/// most.
/// <para>A request that is in the response cache already, because the pipeline it came by has it too, is not looked up a second time.</para>
/// </summary>
internal sealed class CurrentResponseCache
{
    private readonly Lock gate = new();
    private readonly RequestDelegate next;
    private readonly IServiceProvider services;
    private readonly IOptionsMonitor<RedisExpiringCacheOptions> settings;
    private readonly ILogger logger;
    private RedisExpiringCacheOptions? taken;
    private volatile ResponseCacheMiddleware? current;
    private int saidTwice;

    public CurrentResponseCache(
        RequestDelegate next, IServiceProvider services, IOptionsMonitor<RedisExpiringCacheOptions> settings, ILogger<CurrentResponseCache> logger)
    {
        (this.next, this.services, this.settings, this.logger) = (next, services, settings, logger);
        settings.OnChange((_, name) =>
        {
            if (string.IsNullOrEmpty(name))
                Renew();
        });
        Renew();
    }

    /// <summary>On a request for as long as it is in the response cache. One that is run again afterwards, to explain a failure, enters anew.</summary>
    private sealed class Mark
    {
        public static readonly Mark Inside = new();
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<Mark>() is not null)
        {
            if (Interlocked.Exchange(ref saidTwice, 1) == 0)
                logger.ResponseCacheTwice();

            await next(context);
            return;
        }

        context.Features.Set(Mark.Inside);
        try
        {
            await current!.InvokeAsync(context);
        }
        finally
        {
            context.Features.Set<Mark>(null);
        }
    }

    private void Renew()
    {
        lock (gate)
        {
            // Not what the callback was given: of two at once, the later one may be heard first.
            var options = settings.CurrentValue;
            if (ReferenceEquals(options, taken))
                return;

            var wrapped = Options.Create(options);
            current = ActivatorUtilities.CreateInstance<ResponseCacheMiddleware>(services, next, wrapped, new PolicyBook(wrapped, services));
            taken = options;
        }
    }
}
