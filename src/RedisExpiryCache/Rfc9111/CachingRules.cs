namespace RedisExpiryCache.Rfc9111;

/// <summary>Where RFC 9111 leaves a choice, what was chosen: the settings that the rules look at.</summary>
internal sealed record CachingRules
{
    /// <summary>RFC 9111 5.2.1: the directives of requests count.</summary>
    public bool HonorRequestDirectives { get; init; }

    /// <summary>RFC 9111 4.2.2: a response that does not say for how long it is fresh is taken to be so for a tenth of its age.</summary>
    public bool HeuristicFreshness { get; init; }

    /// <summary>RFC 9111 7.3: a response may set a cookie, and set it for everybody who gets the stored copy.</summary>
    public bool StoreSetCookie { get; init; }

    /// <summary>
    /// RFC 9110 9.3.3: an answer to POST that names the URL as its Content-Location, and says for how long, answers a later GET.
    /// </summary>
    public bool StorePost { get; init; }

    /// <summary>
    /// RFC 9111 4.2.4: for how long a stale response may stand in for an app that fails, where neither it nor the request says.
    /// </summary>
    public TimeSpan StaleIfError { get; init; }

    /// <summary>For how long a stale response that has a validator is kept, so that the app can be asked whether it still holds.</summary>
    public TimeSpan StaleRetention { get; init; }
}
