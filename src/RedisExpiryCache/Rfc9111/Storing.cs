using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 3: may a response be stored, and for how long. What forbids comes first, so no policy reaches past it.</summary>
internal static class Storing
{
    public static StoreVerdict Decide(
        in RequestFacts request, ResponseFacts response, PolicyLifetime? policy, CachingRules rules, DateTimeOffset requestTime, DateTimeOffset now)
    {
        var forbidden = ForbiddenByMethod(request, response, rules)
            ?? ForbiddenByFields(response, rules)
            ?? ForbiddenByKind(response)
            ?? ForbiddenByUser(request, response.CacheControl.AllowsAuthorization, response.CacheControl.AllowsEverybody);
        if (forbidden is { } reason)
            return StoreVerdict.NoStore(reason);

        if (LifetimeOf(response, policy, rules, requestTime, now) is not { } lifetime)
            return StoreVerdict.NoStore(NoStoreReason.NoFreshness);

        return lifetime.Sliding <= TimeSpan.Zero || lifetime.TimeToLive <= TimeSpan.Zero
            ? StoreVerdict.NoStore(NoStoreReason.AlreadyStale)
            : StoreVerdict.Store(lifetime);
    }

    /// <summary>What the response's own fields forbid, whoever asked.</summary>
    public static NoStoreReason? ForbiddenByFields(ResponseFacts response, CachingRules rules)
    {
        // RFC 9111 5.2.2.5. Beside must-understand the RFC asks a cache that knows the status to ignore no-store (5.2.2.3). We do not:
        // who writes no-store is never surprised by a stored copy.
        if (response.CacheControl.NoStore)
            return NoStoreReason.NoStore;

        // RFC 9111 5.2.2.7
        if (response.CacheControl.Private)
            return NoStoreReason.Private;

        // RFC 9111 7.3 leaves this to the origin. We do not: a cookie sent to two users is two users in one session.
        if (response.HasSetCookie && !rules.StoreSetCookie)
            return NoStoreReason.SetCookie;

        // RFC 9111 4.1: a stored response with "*" never matches, so there is no use in keeping it.
        return Variants.TryParse(response.Vary, out _) ? null : NoStoreReason.VaryStar;
    }

    private static NoStoreReason? ForbiddenByMethod(in RequestFacts request, ResponseFacts response, CachingRules rules)
    {
        // RFC 9111 3: the method is understood. HEAD is answered from what GET stored.
        if (request.Method != "GET" && !(rules.StorePost && IsForLaterGet(request.Method, response)))
            return NoStoreReason.Method;

        // RFC 9111 5.2.1.5
        return rules.HonorRequestDirectives && request.CacheControl.NoStore ? NoStoreReason.RequestNoStore : null;
    }

    /// <summary>RFC 9110 9.3.3</summary>
    private static bool IsForLaterGet(string method, ResponseFacts response) =>
        method == "POST" && response is { StatusCode: 200, IsAboutTarget: true }
        && (response.HasExpires || (response.CacheControl.SMaxAge ?? response.CacheControl.MaxAge) is not null);

    private static NoStoreReason? ForbiddenByKind(ResponseFacts response)
    {
        // RFC 9111 3.3: what is not known to be one part of something whose length is known is of no use. Content-Range means nothing with
        // other statuses, RFC 9110 14.4.
        if (response.StatusCode == 206 && StoredRange.Parse(response.ContentRange) is null)
            return NoStoreReason.PartialContent;

        // RFC 9111 3: the status is final.
        if (response.StatusCode is < 200 or > 599)
            return NoStoreReason.Status;

        // These answer a precondition or a range of one request, which no key contains.
        if (response.StatusCode is 304 or 412 or 416)
            return NoStoreReason.Conditional;

        // RFC 9111 5.2.2.4: of use only where each reuse can be validated.
        if (response.CacheControl.NoCache && !HasValidator(response))
            return NoStoreReason.NoCache;

        // RFC 9111 5.2.2.3
        return response.CacheControl.MustUnderstand && !IsUnderstood(response.StatusCode) ? NoStoreReason.MustUnderstand : null;
    }

    /// <summary>What the request's user forbids of a response that may be stored otherwise.</summary>
    public static NoStoreReason? ForbiddenByUser(in RequestFacts request, StoredResponse response) =>
        ForbiddenByUser(request, response.AllowsAuthorization, response.AllowsEverybody);

    private static NoStoreReason? ForbiddenByUser(in RequestFacts request, bool allowsAuthorization, bool allowsEverybody)
    {
        // RFC 9111 3.5
        if (request.HasAuthorization && !allowsAuthorization)
            return NoStoreReason.Authorization;

        // Not in the RFC: an app that signs its users in by a cookie gets no Authorization field to go by.
        return request.IsIndistinct || (request.IsSignedIn && !allowsEverybody) ? NoStoreReason.SignedIn : null;
    }

    private static StoredLifetime? LifetimeOf(
        ResponseFacts response, PolicyLifetime? policy, CachingRules rules, DateTimeOffset requestTime, DateTimeOffset now)
    {
        var initialAge = Freshness.CorrectedInitialAge(response, requestTime, now);
        var known = new StoredLifetime
        {
            CorrectedInitialAge = initialAge,
            StaleWhileRevalidate = policy?.StaleWhileRevalidate ?? response.CacheControl.StaleWhileRevalidate,
            StaleIfError = policy?.StaleIfError ?? response.CacheControl.StaleIfError,
        };
        known = known with { Retention = RetentionOf(response, known, rules) };

        // A policy's time begins when the app answers. Only an Age field says that the response is older than this app.
        if (policy is { IsSet: true } own && IsForPolicies(response.StatusCode))
        {
            return known with
            {
                FreshnessLifetime = DeltaSeconds.Clamp(own.Duration),
                CorrectedInitialAge = Freshness.AgeValue(response) is null ? TimeSpan.Zero : initialAge,
                Sliding = own.Sliding,
            };
        }

        // RFC 9111 4.2.1 and 4.2.2. A no-cache alone says enough: never fresh. Nobody guesses for how long a cookie is for everybody.
        var lifetime = Freshness.ExplicitLifetime(response, now)
            ?? (response.CacheControl.NoCache && Freshness.IsHeuristicallyCacheable(response) ? TimeSpan.Zero : default(TimeSpan?))
            ?? (IsForPolicies(response.StatusCode) ? policy?.Fallback : null)
            ?? (rules.HeuristicFreshness && !response.HasSetCookie ? Freshness.HeuristicLifetime(response, now) : null);
        return lifetime is null ? null : known with { FreshnessLifetime = lifetime };
    }

    /// <summary>How long after it became stale the response can still be validated, or stand in for an app that fails or is slow.</summary>
    private static TimeSpan RetentionOf(ResponseFacts response, in StoredLifetime known, CachingRules rules)
    {
        var validated = HasValidator(response) ? rules.StaleRetention : TimeSpan.Zero;
        if (response.CacheControl.ForbidsStale || response.CacheControl.NoCache || Validation.IsFailure(response.StatusCode))
            return validated;

        var served = Longer(known.StaleIfError ?? rules.StaleIfError, known.StaleWhileRevalidate ?? TimeSpan.Zero);
        return Longer(validated, served);
    }

    private static bool HasValidator(ResponseFacts response) =>
        response.StatusCode is >= 200 and <= 299 && (response.ETag is not null || response.LastModified is not null);

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    // Successes and permanent redirects. Any other status has to say itself for how long, so that nobody plants an error page with a
    // request that the app rejects.
    private static bool IsForPolicies(int statusCode) => statusCode is 200 or 203 or 204 or 300 or 301 or 308;

    // RFC 9110 15: the final statuses it defines, without those whose caching rules are not followed here.
    private static bool IsUnderstood(int statusCode) =>
        statusCode is (>= 200 and <= 206) or (>= 300 and <= 303) or 305 or 307 or 308
            or (>= 400 and <= 417) or 421 or 422 or 426 or (>= 500 and <= 505);
}
