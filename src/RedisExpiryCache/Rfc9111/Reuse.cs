using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4: may a stored response, already selected by key and by Vary, answer the request.</summary>
internal static class Reuse
{
    public static ReuseVerdict Decide(in RequestFacts request, StoredResponse? stored, CachingRules rules, DateTimeOffset now)
    {
        var asked = rules.HonorRequestDirectives ? request.CacheControl : CacheControl.None;

        if (stored is null)
            return asked.OnlyIfCached ? ReuseVerdict.GatewayTimeout(ForwardReason.UriMiss) : ReuseVerdict.Forward(ForwardReason.UriMiss);

        // RFC 9111 3.5 speaks of storing only. We hold to it in reuse too: whom the app can know gets what is for everybody, or the
        // app's own answer, never a page that was made for a stranger.
        var isForOthers = request.IsIndistinct
            || (request.IsSignedIn && !stored.AllowsEverybody)
            || (request.HasAuthorization && !stored.AllowsAuthorization);
        if (isForOthers)
            return asked.OnlyIfCached ? ReuseVerdict.GatewayTimeout(ForwardReason.Bypass) : ReuseVerdict.Forward(ForwardReason.Bypass);

        var age = Freshness.CurrentAge(stored, now);
        var timeLeft = DeltaSeconds.Clamp(stored.FreshnessLifetime) - age;
        var staleness = timeLeft <= TimeSpan.Zero ? -timeLeft.Value : (TimeSpan?)null;

        if (stored.Part is { } part && !IsAskedFor(request, stored, part, now))
            return Ask(request, stored, rules, asked, ForwardReason.Partial, age, timeLeft);

        // RFC 9111 5.2.1.4, and 5.4 for Pragma. A no-store in the request is not asked about here: it does not apply to what is already
        // stored, 5.2.1.5.
        if (asked.NoCache || (rules.HonorRequestDirectives && request.PragmaNoCache))
            return Ask(request, stored, rules, asked, ForwardReason.Request, age, timeLeft);

        // RFC 9111 5.2.2.4
        if (stored.NoCache)
            return Ask(request, stored, rules, asked, ForwardReason.Stale, age, timeLeft);

        // RFC 9111 4.2: fresh while the freshness lifetime is greater than the current age.
        var whileRevalidating = false;
        if (staleness is { } late && !(MayServeStale(stored) && late <= asked.MaxStale))
        {
            if (request.Method != "GET" || !MayServeStale(stored) || !(late <= stored.StaleWhileRevalidate))
                return Ask(request, stored, rules, asked, ForwardReason.Stale, age, timeLeft);

            whileRevalidating = true;
        }

        // RFC 9111 5.2.1.1 and 5.2.1.3
        if (age > asked.MaxAge || timeLeft < asked.MinFresh)
            return Ask(request, stored, rules, asked, ForwardReason.Request, age, timeLeft);

        return whileRevalidating && !asked.OnlyIfCached
            ? ReuseVerdict.Ask(ReuseAction.ServeAndRevalidate, ForwardReason.Stale, age, timeLeft, mayServeOnError: true)
            : ReuseVerdict.Serve(age, timeLeft);
    }

    /// <summary>RFC 9111 4.2.4: never where the response forbids it.</summary>
    private static bool MayServeStale(StoredResponse stored) => !stored.MustRevalidate && !stored.NoCache;

    /// <summary>RFC 9111 3.3: the part has all the bytes that were asked for.</summary>
    private static bool IsAskedFor(in RequestFacts request, StoredResponse stored, in StoredRange part, DateTimeOffset now) =>
        request.Method == "GET"
        && Ranges.Requested(request.Range, part.CompleteLength) is var asked
        && part.Covers(asked)
        && (part.BeginsWithin(asked, stored.BodyLength) || (stored.BodyLength > 0 && Ranges.IsSuffix(request.Range)))
        && Ranges.IfRangeMatches(request.IfRange, stored.ETag, stored.LastModified, stored.Date, now);

    private static ReuseVerdict Ask(
        in RequestFacts request, StoredResponse stored, CachingRules rules, CacheControl asked, ForwardReason reason, TimeSpan age, TimeSpan? timeLeft)
    {
        // RFC 9111 5.2.1.7
        if (asked.OnlyIfCached)
            return ReuseVerdict.GatewayTimeout(reason);

        // What HEAD brings updates what is stored (4.3.5), without a condition; and a part that was not asked for answers nothing.
        var isUsable = reason != ForwardReason.Partial;
        var action = isUsable && request.Method == "GET" && stored.CanBeValidated ? ReuseAction.Revalidate : ReuseAction.Forward;
        return ReuseVerdict.Ask(action, reason, age, timeLeft, isUsable && MayServeOnError(stored, rules, asked, timeLeft));
    }

    /// <summary>
    /// An older failure is no help. RFC 5861 4, in the response or the request; else as the settings say. What is fresh still, and was only
    /// not fresh enough for the client, will do.
    /// </summary>
    private static bool MayServeOnError(StoredResponse stored, CachingRules rules, CacheControl asked, TimeSpan? timeLeft)
    {
        if (!MayServeStale(stored) || Validation.IsFailure(stored.StatusCode))
            return false;

        var window = stored.StaleIfError ?? rules.StaleIfError;
        if (asked.StaleIfError > window)
            window = asked.StaleIfError.Value;

        return window > TimeSpan.Zero && !(-timeLeft > window);
    }
}
