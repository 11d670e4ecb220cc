namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 3: may a response be stored, and for how long. What forbids comes first, so no policy reaches past it.</summary>
internal static class Storing
{
    public static StoreVerdict Decide(
        in RequestFacts request, ResponseFacts response, PolicyLifetime? policy, bool honorRequestDirectives,
        DateTimeOffset requestTime, DateTimeOffset now)
    {
        var forbidden = ForbiddenByDirective(request, response, honorRequestDirectives)
            ?? ForbiddenByKind(response)
            ?? ForbiddenByUser(request, response.CacheControl);
        if (forbidden is { } reason)
            return StoreVerdict.NoStore(reason);

        if (LifetimeOf(response, policy, requestTime, now) is not { } lifetime)
            return StoreVerdict.NoStore(NoStoreReason.NoFreshness);

        return lifetime.TimeToLive <= TimeSpan.Zero || lifetime.Sliding <= TimeSpan.Zero
            ? StoreVerdict.NoStore(NoStoreReason.AlreadyStale)
            : StoreVerdict.Store(lifetime);
    }

    private static NoStoreReason? ForbiddenByDirective(in RequestFacts request, ResponseFacts response, bool honorRequestDirectives)
    {
        // RFC 9111 3: the method is understood. Only GET is; HEAD will be answered from what GET stored.
        if (request.Method != "GET")
            return NoStoreReason.Method;

        // RFC 9111 5.2.1.5
        if (honorRequestDirectives && request.CacheControl.NoStore)
            return NoStoreReason.RequestNoStore;

        return ForbiddenByFields(response);
    }

    /// <summary>What the response's own fields forbid, whoever asked.</summary>
    public static NoStoreReason? ForbiddenByFields(ResponseFacts response)
    {
        // RFC 9111 5.2.2.5. Beside must-understand the RFC asks a cache that knows the status to ignore no-store (5.2.2.3). We do not:
        // who writes no-store is never surprised by a stored copy.
        if (response.CacheControl.NoStore)
            return NoStoreReason.NoStore;

        // RFC 9111 5.2.2.7
        if (response.CacheControl.Private)
            return NoStoreReason.Private;

        // RFC 9111 7.3 leaves this to the origin. We do not: a cookie sent to two users is two users in one session.
        if (response.HasSetCookie)
            return NoStoreReason.SetCookie;

        // RFC 9111 4.1: a stored response with "*" never matches, so there is no use in keeping it.
        if (!Variants.TryParse(response.Vary, out _))
            return NoStoreReason.VaryStar;

        // RFC 9111 5.2.2.4 allows storing for those who validate before each reuse. This cache does not validate with the app.
        return response.CacheControl.NoCache ? NoStoreReason.NoCache : null;
    }

    private static NoStoreReason? ForbiddenByKind(ResponseFacts response)
    {
        // RFC 9111 3.3: allowed only to a cache that understands ranges.
        if (response.StatusCode == 206 || response.HasContentRange)
            return NoStoreReason.PartialContent;

        // RFC 9111 3: the status is final. 304, 412 and 416 answer a precondition or a range of one request, which no key contains.
        if (response.StatusCode is < 200 or > 599 or 304 or 412 or 416)
            return NoStoreReason.Status;

        // RFC 9111 5.2.2.3
        return response.CacheControl.MustUnderstand && !IsUnderstood(response.StatusCode) ? NoStoreReason.MustUnderstand : null;
    }

    private static NoStoreReason? ForbiddenByUser(in RequestFacts request, in CacheControl directives)
    {
        // RFC 9111 3.5
        if (request.HasAuthorization && !directives.AllowsAuthorization)
            return NoStoreReason.Authorization;

        // Not in the RFC: an app that signs its users in by a cookie gets no Authorization field to go by.
        return request.IsSignedIn && !directives.AllowsEverybody ? NoStoreReason.SignedIn : null;
    }

    private static StoredLifetime? LifetimeOf(
        ResponseFacts response, PolicyLifetime? policy, DateTimeOffset requestTime, DateTimeOffset now)
    {
        var initialAge = Freshness.CorrectedInitialAge(response, requestTime, now);

        // A policy's time begins when the app answers. Only an Age field says that the response is older than this app.
        if (policy is { } own && (own.Duration ?? own.Sliding) is not null && IsForPolicies(response.StatusCode))
            return new(DeltaSeconds.Clamp(own.Duration), Freshness.AgeValue(response) is null ? TimeSpan.Zero : initialAge, own.Sliding);

        // RFC 9111 4.2.1
        return Freshness.ExplicitLifetime(response, now) is { } lifetime ? new(lifetime, initialAge, Sliding: null) : null;
    }

    // Successes and permanent redirects. Any other status has to say itself for how long, so that nobody plants an error page with a
    // request that the app rejects.
    private static bool IsForPolicies(int statusCode) => statusCode is 200 or 203 or 204 or 300 or 301 or 308;

    // RFC 9110 15: the final statuses it defines, without those whose caching rules are not followed here.
    private static bool IsUnderstood(int statusCode) =>
        statusCode is (>= 200 and <= 205) or (>= 300 and <= 303) or 305 or 307 or 308
            or (>= 400 and <= 417) or 421 or 422 or 426 or (>= 500 and <= 505);
}
