namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4: may a stored response, already selected by key and by Vary, answer the request.</summary>
internal static class Reuse
{
    public static ReuseVerdict Decide(in RequestFacts request, StoredResponse? stored, bool honorRequestDirectives, DateTimeOffset now)
    {
        var asked = honorRequestDirectives ? request.CacheControl : CacheControl.None;

        if (stored is null)
            return Elsewhere(ForwardReason.UriMiss, asked);

        // RFC 9111 3.5 speaks of storing only. We hold to it in reuse too: whom the app can know gets what is for everybody, or the
        // app's own answer, never a page that was made for a stranger.
        if ((request.IsSignedIn && !stored.AllowsEverybody) || (request.HasAuthorization && !stored.AllowsAuthorization))
            return Elsewhere(ForwardReason.Bypass, asked);

        // RFC 9111 5.2.1.4, and 5.4 for Pragma. A no-store in the request is not asked about here: it does not apply to what is already
        // stored, 5.2.1.5.
        if (asked.NoCache || (honorRequestDirectives && request.PragmaNoCache))
            return Elsewhere(ForwardReason.Request, asked);

        var age = Freshness.CurrentAge(stored, now);
        var timeLeft = DeltaSeconds.Clamp(stored.FreshnessLifetime) - age;

        // RFC 9111 4.2: fresh while the freshness lifetime is greater than the current age.
        if (timeLeft <= TimeSpan.Zero && !MayServeStale(stored, asked, staleness: -timeLeft.Value))
            return Elsewhere(ForwardReason.Stale, asked);

        // RFC 9111 5.2.1.1 and 5.2.1.3
        if (age > asked.MaxAge || timeLeft < asked.MinFresh)
            return Elsewhere(ForwardReason.Request, asked);

        return ReuseVerdict.Serve(age, timeLeft);
    }

    // RFC 9111 4.2.4: never where the response forbids it, else as far as 5.2.1.2 allows.
    private static bool MayServeStale(StoredResponse stored, in CacheControl asked, TimeSpan staleness) =>
        !stored.MustRevalidate && staleness <= asked.MaxStale;

    // RFC 9111 5.2.1.7
    private static ReuseVerdict Elsewhere(ForwardReason reason, in CacheControl asked) =>
        asked.OnlyIfCached ? ReuseVerdict.GatewayTimeout(reason) : ReuseVerdict.Forward(reason);
}
