using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>The directives of a Cache-Control field that the rules here look at, RFC 9111 5.2. Reading it never fails.</summary>
internal sealed record CacheControl
{
    /// <summary>What max-stale without an argument allows, RFC 9111 5.2.1.2: a stale response of any age.</summary>
    public static readonly TimeSpan AnyStaleness = TimeSpan.MaxValue;

    public static readonly CacheControl None = new();

    public bool NoStore { get; init; }
    public bool NoCache { get; init; }
    public bool Private { get; init; }
    public bool Public { get; init; }
    public bool MustRevalidate { get; init; }
    public bool ProxyRevalidate { get; init; }
    public bool MustUnderstand { get; init; }
    public bool OnlyIfCached { get; init; }
    public TimeSpan? MaxAge { get; init; }
    public TimeSpan? SMaxAge { get; init; }
    public TimeSpan? MinFresh { get; init; }
    public TimeSpan? MaxStale { get; init; }

    /// <summary>RFC 5861 3</summary>
    public TimeSpan? StaleWhileRevalidate { get; init; }

    /// <summary>RFC 5861 4; in a request too.</summary>
    public TimeSpan? StaleIfError { get; init; }

    private string[]? Withheld { get; init; }

    /// <summary>
    /// RFC 9111 5.2.2.4 and 5.2.2.7: the fields that no-cache="…" and private="…" name. The rest of the response is stored without them.
    /// </summary>
    public string[] WithheldFields => Withheld ?? [];

    /// <summary>RFC 9111 4.2.4 and 5.2.2.10: s-maxage says proxy-revalidate too, whatever its argument.</summary>
    public bool ForbidsStale => MustRevalidate || ProxyRevalidate || SMaxAge is not null;

    /// <summary>
    /// The response is for everybody, signed in or not. An s-maxage of zero, or an invalid one, allows storing only for validating each
    /// time, so it does not count as leave here.
    /// </summary>
    public bool AllowsEverybody => Public || SMaxAge > TimeSpan.Zero;

    /// <summary>RFC 9111 3.5: what an answer to a request with Authorization needs.</summary>
    public bool AllowsAuthorization => AllowsEverybody || MustRevalidate;

    public static CacheControl Parse(StringValues lines)
    {
        var parsed = None;
        foreach (var member in new ListMembers(lines))
            parsed = parsed.With(Directive.Parse(member));
        return parsed;
    }

    // What limits a cache counts even when malformed: private="…" speaks of some fields only, private=? of the whole response. What allows
    // it something does not.
    private CacheControl With(in Directive directive)
    {
        if (directive.Is("no-store")) return this with { NoStore = true };
        if (directive.Is("no-cache"))
            return directive.FieldNames is { } unvalidated ? Withhold(unvalidated) : this with { NoCache = true };
        if (directive.Is("private"))
            return directive.FieldNames is { } personal ? Withhold(personal) : this with { Private = true };
        if (directive.Is("public")) return this with { Public = Public || directive.IsBare };
        if (directive.Is("must-revalidate")) return this with { MustRevalidate = true };
        if (directive.Is("proxy-revalidate")) return this with { ProxyRevalidate = true };
        if (directive.Is("must-understand")) return this with { MustUnderstand = true };
        if (directive.Is("only-if-cached")) return this with { OnlyIfCached = true };

        // RFC 9111 4.2.1 wants a response with invalid freshness to be stale, and of two values the first or none; the smallest is safest.
        if (directive.Is("max-age")) return this with { MaxAge = Smallest(MaxAge, directive.Seconds ?? TimeSpan.Zero) };
        if (directive.Is("s-maxage")) return this with { SMaxAge = Smallest(SMaxAge, directive.Seconds ?? TimeSpan.Zero) };

        if (directive.Is("min-fresh")) return this with { MinFresh = Largest(MinFresh, directive.Seconds) };
        if (directive.Is("max-stale"))
            return this with { MaxStale = Smallest(MaxStale, directive.IsBare ? AnyStaleness : directive.Seconds) };
        if (directive.Is("stale-while-revalidate"))
            return this with { StaleWhileRevalidate = Smallest(StaleWhileRevalidate, directive.Seconds) };
        if (directive.Is("stale-if-error"))
            return this with { StaleIfError = Smallest(StaleIfError, directive.Seconds) };
        return this;
    }

    private CacheControl Withhold(string[] fields) => this with { Withheld = [.. WithheldFields, .. fields] };

    private static TimeSpan? Smallest(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    private static TimeSpan? Largest(TimeSpan? a, TimeSpan? b) => a is null || b > a ? b : a;
}
