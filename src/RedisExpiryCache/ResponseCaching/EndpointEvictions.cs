using Microsoft.AspNetCore.Http.Extensions;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// What a request evicts: by its method (RFC 9111 4.4) and by the attributes of its endpoint, after it has succeeded.
/// <para>
/// It is done before the client hears of the success, so that its next request sees the change; and again once the app has returned, in case
/// it went on changing things after it had begun to answer.
/// </para>
/// <para>Failure policy: an eviction that fails is logged and counted (by <see cref="ResponseEvictions"/>); the response stays as it is.</para>
/// </summary>
internal sealed class EndpointEvictions(ResponseEvictions evictions)
{
    public static bool IsEvicting(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<RedisResponseCacheEvictAttribute>() is not null;

    /// <param name="context">The request.</param>
    /// <param name="next">The app.</param>
    /// <param name="cacheStatus">To be said in the response; null: nothing.</param>
    /// <param name="renewal">Of the request's own URL, when what answers it may be stored.</param>
    public async Task RunAsync(HttpContext context, RequestDelegate next, string? cacheStatus, UrlRenewal? renewal = null)
    {
        var (tags, paths) = Named(context);
        var isRedisThere = true;
        context.Response.OnStarting(async () =>
        {
            if (cacheStatus is not null)
                context.Response.Headers.Append(ResponseReplay.CacheStatusName, cacheStatus);

            isRedisThere = await Evict(context, tags, paths, renewal);
        });

        await next(context);

        // One time-out is enough for one request.
        if (context.Response.HasStarted && isRedisThere)
            await Evict(context, tags, paths, renewal);
    }

    /// <returns>False when something could not be evicted.</returns>
    private async Task<bool> Evict(HttpContext context, string[] tags, string[] paths, UrlRenewal? renewal)
    {
        var own = context.Request.GetEncodedPathAndQuery();
        var succeeded = context.Response.StatusCode is >= 200 and <= 399;
        var targets = Invalidation.Invalidates(context.Request.Method, context.Response.StatusCode) ? UrlsOf(context) : [];
        var all = succeeded ? targets.Concat(paths) : targets;
        var groups = CacheGroups.InvalidatedBy(context.Request.Method, context.Response.Headers[CacheGroups.InvalidationField]);

        // Side by side, so that a silent Redis costs the time of one call, however many there are; and to the end, also for a client that went away.
        Task<Exception?>[] attempts =
        [
            .. all.Distinct(StringComparer.Ordinal).Select(path =>
                evictions.TryEvictAsync(path, CancellationToken.None, path == own ? renewal : null).AsTask()),
            .. (succeeded ? tags : []).Select(tag => evictions.TryEvictByTagAsync(tag, CancellationToken.None).AsTask()),
            .. groups.Select(group => evictions.TryEvictGroupAsync(context.Request, group, CancellationToken.None).AsTask()),
        ];
        return Array.TrueForAll(await Task.WhenAll(attempts), static failure => failure is null);
    }

    private static (string[] Tags, string[] Paths) Named(HttpContext context)
    {
        var attributes = context.GetEndpoint()?.Metadata.GetOrderedMetadata<RedisResponseCacheEvictAttribute>() ?? [];
        var (values, root) = (context.Request.RouteValues, context.Request.PathBase.ToUriComponent());
        return (
            [.. attributes.SelectMany(static attribute => attribute.Tags ?? []).Select(tag => new RouteTemplate(tag).Fill(values))],
            [.. attributes.SelectMany(static attribute => attribute.Paths ?? []).Select(path => root + new RouteTemplate(path).Fill(values, Uri.EscapeDataString))]);
    }

    private static IEnumerable<string> UrlsOf(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        var others = Uri.TryCreate(request.GetEncodedUrl(), UriKind.Absolute, out var uri)
            ? Invalidation.Targets(uri, headers.Location, headers.ContentLocation).Select(static target => target.PathAndQuery)
            : [];

        // As it came, for a Uri tidies what it is given.
        return others.Prepend(request.GetEncodedPathAndQuery());
    }
}
