using System.Runtime.ExceptionServices;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Renewals;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Eviction;

/// <summary>
/// Evicts by deleting generations, and marks stale by renaming them; the guard of each is deleted first (<see cref="AbsentGenerations"/>).
/// Failure policy: see <see cref="IResponseCacheInvalidator"/>; what is thrown is logged and counted too, and remembered: this process
/// serves no more of it, and makes up for it once Redis can be asked. What could not be marked is evicted then.
/// </summary>
internal sealed class ResponseCacheInvalidator(
    EntryStore entries, GenerationStore generations, Tombstones pending, ResponseKeys keys, PolicyProvider policies, EndpointCatalog endpoints,
    ResponseCacheTelemetry report, RenewalPipeline renewals)
    : IResponseCacheInvalidator
{
    private volatile QueryRules? queryRulesInUse;
    private long attempts;

    private sealed record QueryRules(Endpoint[] Endpoints, QueryRule[] InUse);

    /// <summary>How many evictions this process has seen the end of, successful or not.</summary>
    public long Attempts => Volatile.Read(ref attempts);

    private string EverythingKey => keys.TagOf(ResponseKeys.AllResponsesTag);

    public async ValueTask EvictAsync(string pathAndQuery, CancellationToken token = default) =>
        ThrowIfAny(await TryEvictAsync(Checked(pathAndQuery), OperationContext.Async(token)));

    public async ValueTask EvictByTagAsync(string tag, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ThrowIfAny(await TryEvictByTagAsync(tag, OperationContext.Async(token)));
    }

    public async ValueTask EvictAllAsync(CancellationToken token = default) => ThrowIfAny(await Attempt(
        new(EvictionTarget.Everything, "", ResponseOutcome.Evicted),
        () => new([EverythingKey]),
        async all => await generations.RemoveAsync(all[0], OperationContext.Async(token))));

    public async ValueTask MarkStaleAsync(string pathAndQuery, CancellationToken token = default) =>
        ThrowIfAny(await TryMarkStaleAsync(Checked(pathAndQuery), OperationContext.Async(token)));

    public async ValueTask MarkStaleByTagAsync(string tag, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ThrowIfAny(await TryMarkStaleByTagAsync(tag, OperationContext.Async(token)));
    }

    public async ValueTask MarkAllStaleAsync(CancellationToken token = default) => ThrowIfAny(await Attempt(
        new(EvictionTarget.Everything, "", ResponseOutcome.MarkedStale),
        () => new([EverythingKey]),
        async all => await generations.MarkStaleAsync(all[0], OperationContext.Async(token))));

    /// <returns>Why it could not be done, logged and counted; null: it was.</returns>
    public ValueTask<Exception?> TryEvictAsync(string pathAndQuery, OperationContext call, GenerationRollover? renewal = null) => Attempt(
        new(EvictionTarget.Path, pathAndQuery, ResponseOutcome.Evicted),
        () => UrlKeysOf(pathAndQuery),
        async urlKeys =>
        {
            if (renewal is null)
            {
                await generations.RemoveAsync(urlKeys, keys.GuardsOf(urlKeys), call);
                return;
            }

            await entries.RemoveAsync(keys.GuardsOf(urlKeys), call);
            await renewal.RenewAsync(generations, call);
            await entries.RemoveAsync([.. urlKeys.Where(key => key != renewal.UrlKey)], call);
        });

    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryEvictByTagAsync(string tag, OperationContext call) =>
        AttemptTag(new(EvictionTarget.Tag, tag, ResponseOutcome.Evicted), ResponseKeys.EscapedTag(tag), call);

    /// <summary>A group of responses, RFC 9875.</summary>
    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryEvictGroupAsync(HttpRequest request, string group, OperationContext call) =>
        AttemptTag(new(EvictionTarget.Group, group, ResponseOutcome.Evicted), ResponseKeys.GroupTag(request, group), call);

    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryMarkStaleAsync(string pathAndQuery, OperationContext call) => Attempt(
        new(EvictionTarget.Path, pathAndQuery, ResponseOutcome.MarkedStale),
        () => UrlKeysOf(pathAndQuery),
        async urlKeys =>
        {
            await entries.RemoveAsync(keys.GuardsOf(urlKeys), call);
            await Task.WhenAll(urlKeys.Select(key => generations.MarkStaleAsync(key, call).AsTask()));
        });

    /// <inheritdoc cref="TryEvictAsync" />
    public ValueTask<Exception?> TryMarkStaleByTagAsync(string tag, OperationContext call) =>
        AttemptTag(new(EvictionTarget.Tag, tag, ResponseOutcome.MarkedStale), ResponseKeys.EscapedTag(tag), call);

    /// <summary>
    /// First the note, then the generation: a response that names its tag only now, while it is being stored, may see the second only with
    /// the first (<see cref="ResponseStore"/>). A Redis that is full takes no note, and deletes all the same: then everything goes, rather
    /// than something that should have gone staying.
    /// </summary>
    private ValueTask<Exception?> AttemptTag(Aim aim, string escapedTag, OperationContext call) => Attempt(
        aim,
        () => new([keys.TagOf(escapedTag)]),
        async tagKeys =>
        {
            try
            {
                await generations.UpdateMetadataAsync(EverythingKey, call);
            }
            catch (Exception full) when (RedisFailures.IsOutOfMemory(full))
            {
                await generations.RemoveAsync(EverythingKey, call);
            }

            if (aim.Outcome == ResponseOutcome.MarkedStale)
            {
                await entries.RemoveAsync(keys.GuardsOf(tagKeys), call);
                await generations.MarkStaleAsync(tagKeys[0], call);
            }
            else
            {
                await generations.RemoveAsync(tagKeys, keys.GuardsOf(tagKeys), call);
            }
        });

    /// <summary>
    /// A URL has one key, but for this: an endpoint may let only some query keys count, and the one that a path belongs to is not known
    /// here. So the URL's key by each such choice that the app makes is deleted too, in the same DEL.
    /// </summary>
    private async ValueTask<string[]> UrlKeysOf(string pathAndQuery)
    {
        var withoutFragment = pathAndQuery.Split('#', 2)[0];
        var queryAt = withoutFragment.IndexOf('?', StringComparison.Ordinal);
        var path = UrlPath.Decode(queryAt < 0 ? withoutFragment : withoutFragment[..queryAt]);
        var query = queryAt < 0 ? null : withoutFragment[queryAt..];
        return [.. (await QueryRulesInUse()).Select(rule => keys.UrlOf(path, rule.Canonical(query))).Distinct(StringComparer.Ordinal)];
    }

    private async ValueTask<QueryRule[]> QueryRulesInUse()
    {
        var all = await endpoints.AllAsync();
        var known = queryRulesInUse;
        if (known is null || !ReferenceEquals(known.Endpoints, all))
        {
            var rules = all.Select(endpoint => policies.Of(endpoint).Query).Prepend(policies.Of(endpoint: null).Query).Prepend(QueryRule.AsSpelled);
            queryRulesInUse = known = new QueryRules(all, [.. rules.DistinctBy(static rule => rule.Signature)]);
        }

        return known.InUse;
    }

    private static string Checked(string pathAndQuery)
    {
        ArgumentNullException.ThrowIfNull(pathAndQuery);
        return pathAndQuery.StartsWith('/')
            ? pathAndQuery
            : throw new ArgumentException($"'{pathAndQuery}' is no path; it must begin with a slash, as in \"/products?page=2\".", nameof(pathAndQuery));
    }

    private async ValueTask<Exception?> Attempt(Aim aim, Func<ValueTask<string[]>> keysOf, Func<string[], Task> evict)
    {
        if (aim.Outcome == ResponseOutcome.MarkedStale)
            renewals.StartCapturing();

        string[] evicted = [];
        try
        {
            evicted = await keysOf();
            await evict(evicted);
        }
        catch (Exception failure)
        {
            if (failure is not ObjectDisposedException)
                pending.Add(evicted, note: EverythingKey, orElse: EverythingKey, keys.GuardOf);

            report.EvictionFailed(aim.Target, aim.Name, failure);
            return failure;
        }
        finally
        {
            Interlocked.Increment(ref attempts);
        }

        report.Evicted(aim.Target, aim.Name, aim.Outcome);
        return null;
    }

    private static void ThrowIfAny(Exception? failure)
    {
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>What is to be evicted, or marked stale, as it is told.</summary>
    private readonly record struct Aim(EvictionTarget Target, string Name, ResponseOutcome Outcome);
}
