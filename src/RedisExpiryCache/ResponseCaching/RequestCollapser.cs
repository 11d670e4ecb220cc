using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// One call to the app for any number of requests that want the same, in this process and, by a lock in Redis, on all nodes:
/// <code>
///   first     ──► lock ──► app ……… stored ──► unlock
///   others    wait ………………………………┴──► the same response
///   of another node: look at the lock ………┴──► find it in the store
/// </code>
/// Nobody is worse off than alone for longer than <see cref="ResponseCachingOptions.CollapseTimeout"/>: who calls the app and leaves, fails or hangs,
/// or gets an answer for itself alone, lets the others go; each of the others leaves when its own client does; and where an answer was not to be
/// shared, nobody waits for the next ones.
/// <para>
/// Failure policy: without Redis there is one call at a time for each node; its failures are logged and counted. Then nobody can know what other
/// nodes have evicted, so a request shares a call only if that began after the request did; the others wait for the next one. That is twice the time of
/// a call, so where calls are quick (<see cref="AppPace"/>), each request makes its own.
/// </para>
/// </summary>
internal sealed class RequestCollapser(
    NodeLocks locks, ResponseKeys keys, ResponseEvictions evictions, ResponseReport report, IOptions<RedisExpiringCacheOptions> cacheOptions, TimeProvider time)
{
    /// <summary>
    /// For so long nobody waits for a resource whose response turned out to be for one request only, unless one that may be shared comes sooner.
    /// </summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    /// <summary>The same for other nodes, which do not hear of one that comes sooner.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);

    private const int RememberedResources = 10_000;

    /// <summary>Without Redis, for so long a call waits for others that want the same; who comes later has to wait for the next call.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly ResponseCachingOptions options = cacheOptions.Value.ResponseCaching;
    private readonly CallBudget budget = cacheOptions.Value.ResponseCaching.ToBudget();
    private readonly ConcurrentDictionary<string, Flight> flights = new(StringComparer.Ordinal);
    private readonly Recent<Until> notShared = new(RememberedResources);

    /// <summary>Of resources that were asked for without Redis.</summary>
    private readonly Recent<AppPace> paces = new(RememberedResources);

    private sealed record Until(DateTimeOffset Moment);

    /// <summary>
    /// Whether the store's answer, or the lack of one, is a question that others may ask at the same time, and one whose answer they could use.
    /// </summary>
    public bool IsOpenTo(Exchange exchange, Lookup lookup, ReuseVerdict verdict, CachingRules rules)
    {
        var request = exchange.Request;
        if (!options.CollapseRequests || !exchange.MayStore || request.IsSignedIn || request.HasAuthorization || request.Range.Count > 0
            || (rules.HonorRequestDirectives && WantsItsOwn(request)))
            return false;

        // What has to be validated before each reuse nobody else's answer is good for.
        return verdict.Reason == ForwardReason.UriMiss
            || (verdict.Reason == ForwardReason.Stale && lookup.Response?.Rules is { NoCache: false } stored && (stored.FreshnessLifetime > TimeSpan.Zero || stored.IsMarkedStale));
    }

    /// <summary>Whether somebody in this process is at it.</summary>
    public bool IsUnderWay(Exchange exchange, Lookup lookup) => flights.ContainsKey(KeyOf(exchange, lookup));

    /// <summary>Takes the call, or waits for whoever has it.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="lookup">What the store said.</param>
    /// <param name="mayWait">False: where somebody has the call already, this one does without.</param>
    /// <param name="lasting">For how long other nodes are to stay away from the app at most.</param>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    public async ValueTask<Turn> EnterAsync(Exchange exchange, Lookup lookup, bool mayWait, TimeSpan lasting)
    {
        // A URL can be long, and is remembered for a while.
        var resource = exchange.Question.Target.Digest;
        if (mayWait && notShared.Find(resource)?.Moment > time.GetUtcNow())
            return new Turn(this, resource);

        if (lookup.Url is null && paces.Find(resource) is { } pace && pace.TryEnter())
        {
            var alone = new Turn(this, resource);
            alone.Time(pace);
            return alone;
        }

        var key = KeyOf(exchange, lookup);
        if (!flights.TryGetValue(key, out var flight))
        {
            var own = new Flight();
            flight = flights.GetOrAdd(key, own);
            if (flight == own)
                return await LeadAsync(new Turn(this, key, resource, own), exchange, lookup, mayWait, lasting);
        }

        if (!mayWait)
            return Turn.Alone;

        var patience = PatienceOf(exchange);
        var left = options.CollapseTimeout - Stopwatch.GetElapsedTime(flight.Began);
        if (await flight.FollowAsync(patience < left ? patience : left, exchange.Context.RequestAborted) is var (end, response))
            return MayShare(exchange, lookup, flight) ? Turn.Following(end, response) : Turn.Following(FlightEnd.AskAgain, response: null);

        // Whoever comes next has a call of its own to wait for.
        if (left <= patience)
            flights.TryRemove(new KeyValuePair<string, Flight>(key, flight));

        return Turn.Alone;
    }

    /// <summary>To be called by the one whose turn it was: what it came to.</summary>
    public void End(Turn turn, FlightEnd end, SharedResponse? response)
    {
        turn.TimeEnds(isAnswer: end != FlightEnd.AskAgain);
        if (turn.Flight is { } flight)
        {
            // First the dictionary: who comes from now on asks the store.
            flights.TryRemove(new KeyValuePair<string, Flight>(turn.Key!, flight));
            if (!flight.TryEnd(end, response))
                return;
        }

        var isNotShared = turn.IsLeading && end is FlightEnd.NotShared or FlightEnd.Failed;
        if (isNotShared)
            notShared.Remember(turn.Resource!, new Until(time.GetUtcNow() + Memory));
        else if (end == FlightEnd.Shared && notShared.Find(turn.Resource!) is not null)
            notShared.Remember(turn.Resource!, new Until(default));

        if (turn.Lock is var (name, token))
            _ = ReleaseBehindAsync(name, token, isNotShared ? Moment : null);
    }

    /// <summary>By the generations that both have found. Where Redis could not be asked for them: see above.</summary>
    private static bool MayShare(Exchange exchange, Lookup lookup, Flight flight) =>
        lookup.Key is not null || exchange.Question.Budget.Began <= flight.Began;

    private TimeSpan PatienceOf(Exchange exchange) => options.CollapseTimeout - Stopwatch.GetElapsedTime(exchange.Question.Budget.Began);

    /// <summary>RFC 9111 5.2.1.1, 5.2.1.4, 5.2.1.5, 5.4: what was made for somebody else, however lately, is no answer.</summary>
    private static bool WantsItsOwn(in RequestFacts request) =>
        request.PragmaNoCache || request.CacheControl is { NoStore: true } or { NoCache: true } || request.CacheControl.MaxAge <= TimeSpan.Zero;

    /// <summary>The first in this process: is it the first of all?</summary>
    private async ValueTask<Turn> LeadAsync(Turn turn, Exchange exchange, Lookup lookup, bool mayWait, TimeSpan lasting)
    {
        if (lookup.Url is null)
        {
            await Task.Delay(Gathering, TimeProvider.System, exchange.Context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            turn.Flight!.Begin();
            turn.Time(EnterPaceOf(turn.Resource!));
            return turn;
        }

        try
        {
            var name = keys.LockOf(lookup.Key!, lookup.Stamps);
            var (token, isDone) = await locks.TryTakeAsync(name, lasting, lookup.IsAbsent ? lookup.Key : null, Call.Detached(budget));
            turn.Lock = token is null ? null : (name, token);
            if (token is not null && !isDone)
                return turn;

            if (isDone)
            {
                turn.End(FlightEnd.AskAgain);
                return Turn.Following(FlightEnd.AskAgain, response: null);
            }

            if (!mayWait)
            {
                turn.End(FlightEnd.AskAgain);
                return Turn.Alone;
            }

            // What the other node has made is in the store by now; where it is not, this one takes the lock the next time.
            var isFree = await WaitAsync(name, exchange) == LockState.Free;
            turn.End(isFree ? FlightEnd.AskAgain : FlightEnd.NotShared);
            return isFree ? Turn.Following(FlightEnd.AskAgain, response: null) : Turn.Alone;
        }
        catch (OperationCanceledException)
        {
            turn.End(FlightEnd.AskAgain);
            throw;
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
            return turn;
        }
    }

    private AppPace EnterPaceOf(string resource)
    {
        var pace = paces.Find(resource);
        if (pace is null)
            paces.Remember(resource, pace = new AppPace());

        pace.Enter();
        return pace;
    }

    private async ValueTask<LockState> WaitAsync(string name, Exchange exchange)
    {
        var (pause, state) = (ShortestPause, LockState.Held);
        while (state == LockState.Held && PatienceOf(exchange) > TimeSpan.Zero)
        {
            await Task.Delay(pause, TimeProvider.System, exchange.Context.RequestAborted);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            state = await locks.LookAsync(name, Call.Detached(budget));
        }

        return state;
    }

    private async Task ReleaseBehindAsync(string name, string token, TimeSpan? notNeededFor)
    {
        try
        {
            await locks.ReleaseAsync(name, token, notNeededFor, Call.Detached());
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
        }
    }

    /// <summary>
    /// An eviction or a mark parts those who come after it from those before: by the generations that they have found (the URL's is in the key, but
    /// for a response from before a mark), or, where Redis could not be asked for any, by its number.
    /// </summary>
    private string KeyOf(Exchange exchange, Lookup lookup) => lookup.Key is { } key
        ? string.Concat([key, lookup.Url?.Generation, lookup.TagNote, .. lookup.Stamps.Select(static stamp => stamp.Generation)])
        : string.Create(CultureInfo.InvariantCulture, $"{evictions.Attempts}:{exchange.Question.Identity}");
}
