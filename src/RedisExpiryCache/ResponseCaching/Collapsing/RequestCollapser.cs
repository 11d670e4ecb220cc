using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Locks;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Collapsing;

/// <summary>
/// Collapses requests for one response into one origin call, in this process and, by a lock in Redis, on all nodes:
/// <code>
///   leader     ──► lock ──► origin …… stored ──► unlock
///   followers  wait ………………………………┴──► the same response
///   of another node: poll the lock ………┴──► find it in the store
/// </code>
/// Where the leader fails, followers call the origin in growing groups (<see cref="CollapsedFetch"/>); each follower leaves when its
/// client does.
/// <para>
/// Failure policy: without Redis each node collapses for itself; failures of the lock are logged and counted. An eviction of another node
/// is unknown then, so a request shares only a call that began after it came; the others wait for the next one. Where calls are quick
/// (<see cref="OriginLatency"/>), each request makes its own.
/// </para>
/// </summary>
internal sealed class RequestCollapser(
    DistributedLock locks, GenerationStore generations, ResponseKeys keys, ResponseCacheInvalidator evictions, ResponseCacheTelemetry report,
    IOptions<RedisExpiringCacheOptions> cacheOptions, TimeProvider time)
{
    /// <summary>For so long no request waits for a response that was not shareable repeatedly, unless a shareable one comes.</summary>
    private static readonly TimeSpan NotShareableFor = TimeSpan.FromSeconds(30);

    /// <summary>For so long other nodes do not wait for the lock of a response that was not shareable.</summary>
    private static readonly TimeSpan LockNotNeededFor = TimeSpan.FromSeconds(5);

    /// <summary>So many responses in a row make it repeatedly.</summary>
    private const int Repeatedly = 2;

    private const int RememberedResources = 10_000;

    /// <summary>Without Redis a call waits this long for others that can share it.</summary>
    /// <remarks>A request that comes later waits for the next call.</remarks>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly ResponseCachingOptions options = cacheOptions.Value.ResponseCaching;
    private readonly TimeLimit budget = cacheOptions.Value.ResponseCaching.ToBudget();
    private readonly ConcurrentDictionary<string, CollapsedFetch> fetches = new(StringComparer.Ordinal);

    /// <summary>By variant.</summary>
    private readonly BoundedCache<NotShareable> notShareable = new(RememberedResources);

    /// <summary>By resource: the request fields that its last responses differed by.</summary>
    private readonly BoundedCache<string[]> fieldNames = new(RememberedResources);

    /// <summary>By resource, as long as Redis is away.</summary>
    private readonly BoundedCache<OriginLatency> paces = new(RememberedResources);

    private sealed record NotShareable(int Times, DateTimeOffset Until);

    /// <summary>Whether other requests may want the same response, and may use that of this request.</summary>
    public bool IsOpenTo(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, CachingRules rules)
    {
        var request = exchange.Request;
        if (!options.CollapseRequests || !exchange.IsGet || request.IsSignedIn || request.HasAuthorization || request.Range.Count > 0
            || (rules.HonorRequestDirectives && WantsItsOwn(request)))
            return false;

        // A response that has to be validated before each reuse answers no other request.
        return verdict.Reason == ForwardReason.UriMiss
            || (verdict.Reason == ForwardReason.Stale && lookup.Response?.Rules is { NoCache: false } stored
                && (stored.FreshnessLifetime > TimeSpan.Zero || stored.IsMarkedStale));
    }

    /// <summary>Whether a fetch of this process is in flight.</summary>
    public bool IsUnderWay(ResponseCacheContext exchange, LookupResult lookup) =>
        fetches.ContainsKey(KeyOf(lookup, NewCall(exchange, lookup)));

    /// <summary>Leads the fetch, or follows until the request can be answered.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="lookup">What the store knew.</param>
    /// <param name="mayBeStale">A stale response may answer it where the origin fails.</param>
    /// <param name="isLast">It has looked up often enough, and does not wait for other nodes.</param>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async ValueTask<CollapseResult> EnterAsync(ResponseCacheContext exchange, LookupResult lookup, bool mayBeStale, bool isLast)
    {
        var call = NewCall(exchange, lookup);
        if (notShareable.Find(call.Variant)?.Until > time.GetUtcNow())
            return new CollapseResult.FetchAlone(call);

        if (lookup.Url is null && paces.Find(call.Resource) is { } pace && pace.TryEnter())
        {
            call.Time(pace);
            return new CollapseResult.FetchAlone(call);
        }

        return await JoinAsync(exchange, lookup, call, mayBeStale) switch
        {
            CollapseResult.Lead => await LeadAsync(call, exchange, lookup, mayWait: !isLast, options.CollapseTimeout),
            CollapseResult.Share share when !MayShare(exchange, lookup, share) => new CollapseResult.Retry(),
            var result => result,
        };
    }

    /// <summary>Leads the fetch of a renewal; null: another request or node leads it.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="lookup">What the store knew.</param>
    /// <param name="lasting">The lock's time to live.</param>
    public async ValueTask<OriginCall?> TryLeadAsync(ResponseCacheContext exchange, LookupResult lookup, TimeSpan lasting)
    {
        var call = NewCall(exchange, lookup);
        var fetch = NewFetch(KeyOf(lookup, call));
        _ = fetch.TryJoin(call, Stopwatch.GetTimestamp(), mayBeStale: false, CancellationToken.None);
        if (!fetches.TryAdd(fetch.Key, fetch))
            return null;

        return await LeadAsync(call, exchange, lookup, mayWait: false, lasting) is CollapseResult.Lead ? call : null;
    }

    /// <summary>To be called by <see cref="OriginCall.End"/>.</summary>
    public void End(OriginCall call, CollapsedFetchEnd end, SharedResponse? response)
    {
        Learn(call, end, response?.Names ?? call.Names);
        if (call.Fetch is not { } fetch || !fetch.TryEnd(call, end, response))
            return;

        fetches.TryRemove(new KeyValuePair<string, CollapsedFetch>(fetch.Key, fetch));
        if (fetch.Lock is { } held)
            _ = ReleaseBehindAsync(held, end == CollapsedFetchEnd.NotShareable && held.LeavesMark ? LockNotNeededFor : null);
    }

    /// <summary>Both have found the same generations, or the call began after the request came.</summary>
    private static bool MayShare(ResponseCacheContext exchange, LookupResult lookup, CollapseResult.Share share) =>
        lookup.Key is not null || exchange.Question.Budget.Began <= share.Began;

    /// <summary>RFC 9111 5.2.1.1, 5.2.1.4, 5.2.1.5, 5.4: a response to another request is none to this one.</summary>
    private static bool WantsItsOwn(in RequestFacts request) =>
        request.PragmaNoCache
        || request.CacheControl is { NoStore: true } or { NoCache: true }
        || request.CacheControl.MaxAge <= TimeSpan.Zero;

    private OriginCall NewCall(ResponseCacheContext exchange, LookupResult lookup)
    {
        // A URL can be long, and its digest is remembered for a while.
        var resource = exchange.Question.Target.Digest;
        var names = Variants.Union(lookup.Url?.Names ?? [], fieldNames.Find(resource) ?? []);
        return new OriginCall(this, resource, keys.DigestOf(exchange.Question, names));
    }

    private CollapsedFetch NewFetch(string key) => new(key, options.CollapseTimeout, TimeProvider.System);

    private Task<CollapseResult> JoinAsync(ResponseCacheContext exchange, LookupResult lookup, OriginCall call, bool mayBeStale)
    {
        var key = KeyOf(lookup, call);
        while (true)
        {
            var fetch = fetches.GetOrAdd(key, static (key, collapser) => collapser.NewFetch(key), this);
            if (fetch.TryJoin(call, exchange.Question.Budget.Began, mayBeStale, exchange.Context.RequestAborted) is { } joined)
                return joined;

            fetches.TryRemove(new KeyValuePair<string, CollapsedFetch>(key, fetch));
        }
    }

    private void Learn(OriginCall call, CollapsedFetchEnd end, string[] names)
    {
        if (names.Length > 0 && fieldNames.Find(call.Resource) is var known && known?.SequenceEqual(names) is not true)
            fieldNames.Remember(call.Resource, names);

        if (end == CollapsedFetchEnd.NotShareable)
        {
            var times = (notShareable.Find(call.Variant)?.Times ?? 0) + 1;
            notShareable.Remember(call.Variant, new NotShareable(times, times < Repeatedly ? default : time.GetUtcNow() + NotShareableFor));
        }
        else if (end == CollapsedFetchEnd.Shared && notShareable.Find(call.Variant) is not null)
        {
            notShareable.Remember(call.Variant, new NotShareable(0, default));
        }
    }

    /// <summary>The call leads in this process; the lock decides between the nodes.</summary>
    private async ValueTask<CollapseResult> LeadAsync(
        OriginCall call, ResponseCacheContext exchange, LookupResult lookup, bool mayWait, TimeSpan lasting)
    {
        try
        {
            if (lookup.Url is not null)
                return await LeadByLockAsync(call, exchange, lookup, mayWait, lasting);

            await Task.Delay(Gathering, TimeProvider.System, exchange.Context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            call.Begin();
            call.Time(EnterPaceOf(call.Resource));
        }
        catch (OperationCanceledException)
        {
            call.End(CollapsedFetchEnd.Inconclusive);
            throw;
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }

        return new CollapseResult.Lead(call);
    }

    private async ValueTask<CollapseResult> LeadByLockAsync(
        OriginCall call, ResponseCacheContext exchange, LookupResult lookup, bool mayWait, TimeSpan lasting)
    {
        var fetch = call.Fetch!;
        if (fetch.Lock?.Expires > Stopwatch.GetTimestamp())
            return new CollapseResult.Lead(call);

        var name = keys.LockOf(lookup.Key!, lookup.Stamps);
        var expires = Stopwatch.GetTimestamp() + (long)(lasting.TotalSeconds * Stopwatch.Frequency);
        var (token, isDone) = await TryTakeAsync(name, lasting, exchange, lookup);
        if (token is not null)
            fetch.Lock = new NodeLock(name, token, expires, LeavesMark: lookup.Absent is not { IncludesUrl: true });

        fetch.MayGrow = token is not null;
        if (!isDone && token is not null)
            return new CollapseResult.Lead(call);

        // The other node's response is in the store once its lock is free; where it is not, this node takes the lock the next time.
        var isFree = isDone || !mayWait || (!fetch.HasFailedGroup && await WaitAsync(name, exchange) == LockState.Free);
        if (!isFree)
            return new CollapseResult.Lead(call);

        call.End(CollapsedFetchEnd.Retry);
        return new CollapseResult.Retry();
    }

    /// <returns>The lock's token, null: another node has it; and whether another node has stored a response since the lookup.</returns>
    private async ValueTask<(string? Token, bool IsDone)> TryTakeAsync(string name, TimeSpan lasting, ResponseCacheContext exchange, LookupResult lookup)
    {
        var call = OperationContext.Detached(budget);
        if (lookup.Absent is not { IncludesUrl: true })
            return await locks.TryAcquireAsync(name, lasting, lookup.IsAbsent ? lookup.Key : null, call);

        // In the same round trip, and in this order: the generation is there before the lock is released, but before its response, too.
        var taking = locks.TryAcquireAsync(name, lasting, result: null, call);
        var reading = generations.ReadAsync([exchange.Question.UrlKey], call).AsTask();
        ReplyAwaiter.Abandon(reading);
        var (token, _) = await taking;
        return (token, token is not null && (await reading)[0] is not null);
    }

    private OriginLatency EnterPaceOf(string resource)
    {
        var pace = paces.Find(resource);
        if (pace is null)
            paces.Remember(resource, pace = new OriginLatency());

        pace.Enter();
        return pace;
    }

    private async ValueTask<LockState> WaitAsync(string name, ResponseCacheContext exchange)
    {
        var (pause, state) = (ShortestPause, LockState.Held);
        while (state == LockState.Held && Stopwatch.GetElapsedTime(exchange.Question.Budget.Began) < options.CollapseTimeout)
        {
            await Task.Delay(pause, TimeProvider.System, exchange.Context.RequestAborted);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            state = await locks.ReadAsync(name, OperationContext.Detached(budget));
        }

        return state;
    }

    private async Task ReleaseBehindAsync(NodeLock held, TimeSpan? notNeededFor)
    {
        try
        {
            await locks.ReleaseAsync(held.Name, held.Token, notNeededFor, OperationContext.Detached());
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }
    }

    /// <summary>
    /// An eviction or a mark parts the requests after it from those before: by the generations that they have found (the URL's is in the
    /// key, but for a response from before a mark), or, where Redis could not be read, by the number of evictions.
    /// </summary>
    private string KeyOf(LookupResult lookup, OriginCall call) => lookup.Key is { } key
        ? string.Concat(
            [key, lookup.Url?.Generation, lookup.TagNote, call.Variant, .. lookup.Stamps.Select(static stamp => stamp.Generation)])
        : string.Create(CultureInfo.InvariantCulture, $"{evictions.Attempts}:{call.Variant}");
}
