using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.Redis;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>Evicts by deleting generations. Failure policy: see <see cref="IResponseCacheControl"/>; what is thrown is logged and counted too.</summary>
internal sealed class ResponseEvictions(RedisEntries entries, Generations generations, ResponseKeys keys, PolicyBook policies, ResponseReport report, IServiceProvider services)
    : IResponseCacheControl
{
    private volatile QueryRules? queryRulesInUse;

    private sealed record QueryRules(IReadOnlyList<Endpoint> Endpoints, QueryRule[] InUse);

    public async ValueTask EvictAsync(string pathAndQuery, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(pathAndQuery);
        if (!pathAndQuery.StartsWith('/'))
            throw new ArgumentException($"'{pathAndQuery}' is no path; it must begin with a slash, as in \"/products?page=2\".", nameof(pathAndQuery));

        ThrowIfAny(await TryEvictAsync(pathAndQuery, token));
    }

    public async ValueTask EvictByTagAsync(string tag, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ThrowIfAny(await TryEvictByTagAsync(tag, token));
    }

    public async ValueTask EvictAllAsync(CancellationToken token = default) => ThrowIfAny(
        await Attempt(EvictionTarget.Everything, "", async call => await generations.RemoveAsync(keys.TagOf(ResponseKeys.EverythingTag), call), token));

    /// <returns>Why it could not be done, logged and counted; null: it was.</returns>
    public ValueTask<Exception?> TryEvictAsync(string pathAndQuery, CancellationToken token, UrlRenewal? renewal = null) => Attempt(
        EvictionTarget.Path,
        pathAndQuery,
        async call =>
        {
            var urlKeys = UrlKeysOf(pathAndQuery);
            if (renewal is null)
            {
                await entries.RemoveAsync(urlKeys, call);
                return;
            }

            await renewal.RenewAsync(generations, call);
            await entries.RemoveAsync([.. urlKeys.Where(key => key != renewal.UrlKey)], call);
        },
        token);

    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryEvictByTagAsync(string tag, CancellationToken token) =>
        Attempt(EvictionTarget.Tag, tag, call => EvictAsync(ResponseKeys.EscapedTag(tag), call), token);

    /// <summary>A group of responses, RFC 9875.</summary>
    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryEvictGroupAsync(HttpRequest request, string group, CancellationToken token) => Attempt(
        EvictionTarget.Group,
        group,
        call => EvictAsync(ResponseKeys.GroupTag(request, group), call),
        token);

    /// <summary>
    /// First the note, then the generation: a response that names its tag only now, while it is being stored, may see the second only with the first
    /// (<see cref="ResponseStore"/>).
    /// </summary>
    private async Task EvictAsync(string escapedTag, Call call)
    {
        await generations.NoteAsync(keys.TagOf(ResponseKeys.EverythingTag), call);
        await generations.RemoveAsync(keys.TagOf(escapedTag), call);
    }

    /// <summary>
    /// A URL has one key, but for this: an endpoint may let only some query keys count, and the one that a path belongs to is not known here. So the
    /// URL's key by each such choice that the app makes is deleted too, in the same DEL.
    /// </summary>
    private string[] UrlKeysOf(string pathAndQuery)
    {
        var withoutFragment = pathAndQuery.Split('#', 2)[0];
        var queryAt = withoutFragment.IndexOf('?', StringComparison.Ordinal);
        var path = PathString.FromUriComponent(queryAt < 0 ? withoutFragment : withoutFragment[..queryAt]);
        var query = queryAt < 0 ? null : withoutFragment[queryAt..];
        return [.. QueryRulesInUse().Select(rule => keys.UrlOf(path, rule.Canonical(query))).Distinct(StringComparer.Ordinal)];
    }

    private QueryRule[] QueryRulesInUse()
    {
        // The list is another object when the endpoints change; until then, going through it once will do.
        var endpoints = services.GetService<EndpointDataSource>()?.Endpoints ?? [];
        var known = queryRulesInUse;
        if (known is null || !ReferenceEquals(known.Endpoints, endpoints))
        {
            var rules = endpoints.Select(endpoint => policies.Of(endpoint).Query).Prepend(policies.Of(endpoint: null).Query).Prepend(QueryRule.AsSpelled);
            queryRulesInUse = known = new QueryRules(endpoints, [.. rules.DistinctBy(static rule => rule.Signature)]);
        }

        return known.InUse;
    }

    private async ValueTask<Exception?> Attempt(EvictionTarget target, string name, Func<Call, Task> evict, CancellationToken token)
    {
        try
        {
            await evict(Call.Async(token));
        }
        catch (Exception failure)
        {
            report.EvictionFailed(target, name, failure);
            return failure;
        }

        report.Evicted(target, name);
        return null;
    }

    private static void ThrowIfAny(Exception? failure)
    {
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }
}
