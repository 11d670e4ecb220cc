using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Eviction;

/// <summary>
/// What a request evicts: by its method (RFC 9111 4.4), and by the attributes of its endpoint after the endpoint's own code has succeeded.
/// <para> It is done before the client hears of the success, so that its next request sees the change; and again once the app has returned,
/// in case it went on changing things after it had begun to answer.
/// </para>
/// <para>Failure policy: an eviction that fails is logged and counted (by <see cref="ResponseCacheInvalidator"/>); the response stays as it
/// is.</para>
/// </summary>
internal sealed class EndpointEvictionRunner(ResponseCacheInvalidator evictions, IOptions<RedisExpiringCacheOptions> options)
{
    private readonly TimeLimit budget = options.Value.ResponseCaching.ToBudget();

    /// <summary>
    /// Whether GET and HEAD evict here. A Razor page has one attribute for all of its handlers, and to show the form changes nothing.
    /// </summary>
    public static bool IsEvicting(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<RedisResponseCacheEvictAttribute>() is not null && !EndpointCatalog.IsPage(endpoint);

    /// <param name="context">The request.</param>
    /// <param name="next">The app.</param>
    /// <param name="cacheStatus">To be said in the response; null: nothing.</param>
    /// <param name="renewal">Of the request's own URL, when what answers it may be stored.</param>
    public async Task RunAsync(HttpContext context, RequestDelegate next, string? cacheStatus, GenerationRollover? renewal = null)
    {
        var named = NamedBy(context);
        var run = EndpointExecution.Watch(context);
        var isRedisThere = true;
        if (!context.Response.HasStarted)
        {
            context.Response.OnStarting(async () =>
            {
                if (cacheStatus is not null)
                    context.Response.Headers.Append(ResponseWriter.CacheStatusName, cacheStatus);

                isRedisThere = await Evict(context, run, named, renewal);
            });
        }

        await next(context);

        // One time-out is enough for one request.
        if (context.Response.HasStarted && isRedisThere)
            await Evict(context, run, named, renewal);
    }

    /// <returns>False when something could not be evicted.</returns>
    private async Task<bool> Evict(HttpContext context, EndpointExecution run, Named[] named, GenerationRollover? renewal)
    {
        var own = context.Request.GetEncodedPathAndQuery();
        var (method, status) = (context.Request.Method, context.Response.StatusCode);
        if (status is < 200 or > 399 || !run.HasRun)
            named = [];

        // A redirect to a login page is no success of what was requested.
        var isRefused = status is >= 300 and <= 399 && run.IsAnsweredInFront;
        var targets = !isRefused && Invalidation.Invalidates(method, status) ? UrlsOf(context) : [];
        var groups = isRefused ? [] : CacheGroups.InvalidatedBy(method, context.Response.Headers[CacheGroups.InvalidationField]);

        // Side by side, so that a silent Redis costs the time of one call, however many there are; and to the end, also for a client that
        // went away.
        var call = OperationContext.Detached(budget);
        Task<Exception?>[] attempts =
        [
            .. targets.Concat(Paths(markStale: false)).Distinct(StringComparer.Ordinal).Select(path =>
                evictions.TryEvictAsync(path, call, path == own ? renewal : null).AsTask()),
            .. Tags(markStale: false).Select(tag => evictions.TryEvictByTagAsync(tag, call).AsTask()),
            .. Tags(markStale: true).Select(tag => evictions.TryMarkStaleByTagAsync(tag, call).AsTask()),
            .. Paths(markStale: true).Select(path => evictions.TryMarkStaleAsync(path, call).AsTask()),
            .. groups.Select(group => evictions.TryEvictGroupAsync(context.Request, group, call).AsTask()),
        ];
        return Array.TrueForAll(await Task.WhenAll(attempts), static failure => failure is null);

        IEnumerable<string> Tags(bool markStale) => named.Where(one => one.MarkStale == markStale).SelectMany(static one => one.Tags);

        IEnumerable<string> Paths(bool markStale) => named.Where(one => one.MarkStale == markStale).SelectMany(static one => one.Paths);
    }

    /// <summary>What an attribute names, for this request.</summary>
    private sealed record Named(string[] Tags, string[] Paths, bool MarkStale);

    private static Named[] NamedBy(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is null || (EndpointCatalog.IsPage(endpoint) && !Invalidation.IsUnsafe(context.Request.Method)))
            return [];

        var (values, root) = (context.Request.RouteValues, context.Request.PathBase.ToUriComponent());
        var attributes = endpoint.Metadata.GetOrderedMetadata<RedisResponseCacheEvictAttribute>();
        if (attributes.SelectMany(static attribute => attribute.Faults).FirstOrDefault() is { } fault)
            throw new InvalidOperationException($"[RedisResponseCacheEvict] at {endpoint.DisplayName}: {fault}");

        return
        [
            .. attributes.Select(attribute => new Named(
                [.. (attribute.Tags ?? []).Select(tag => new RouteValueTemplate(tag).Fill(values))],
                [.. (attribute.Paths ?? []).Select(path => root + new RouteValueTemplate(path).Fill(values, RouteValueTemplate.EncodeInPath))],
                attribute.MarkStale)),
        ];
    }

    private static IEnumerable<string> UrlsOf(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        var others = Uri.TryCreate(request.GetEncodedUrl(), UriKind.Absolute, out var uri)
            ? Invalidation.Targets(uri, headers.Location, headers.ContentLocation).Select(static target => target.PathAndQuery)
            : [];

        // As it came, for a Uri tidies what it is given; and as the client has sent it, where it was rewritten.
        string?[] own = [request.GetEncodedPathAndQuery(), UrlPath.OutwardOf(context)];
        return own.OfType<string>().Concat(others);
    }
}
