using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.ResponseCaching.Keys;

/// <summary>
/// What a request asks for, in keys. Remembered (<see cref="RequestKeys"/>), since working it out takes longer than all else that a hit
/// needs.
/// </summary>
/// <param name="urlKey">The key of its URL's generation.</param>
/// <param name="identity">All that tells it apart from other requests, but for its fields.</param>
/// <param name="otherNames">The other names of its URL (<see cref="ResponseKeys.OtherNamesOf"/>); null: none.</param>
internal sealed class RequestKey(string urlKey, string identity, string[]? otherNames = null)
{
    private Variant? latest;

    public string UrlKey => urlKey;

    public string Identity => identity;

    public string[] OtherNames => otherNames ?? [];

    /// <summary>Of the identity.</summary>
    public string Digest => field ??= KeyEncoder.DigestOf(identity);

    /// <summary>The key of its response where no field makes a difference.</summary>
    public string KeyUnder(string generation)
    {
        var known = latest;
        if (known?.Generation != generation)
            latest = known = new Variant(generation, ResponseKeys.VariantOf(urlKey, generation, Digest));

        return known.Key;
    }

    private sealed record Variant(string Generation, string Key);
}

/// <summary>What lately asked for targets come to in keys.</summary>
internal sealed class RequestKeys(ResponseKeys keys)
{
    private const int Remembered = 4_000;

    /// <summary>Longer ones are worked out each time: anybody may ask for any.</summary>
    private const int LongestRemembered = 300;

    private readonly BoundedCache<Spelling, RequestKey> known = new(Remembered);

    /// <param name="request">Whatever of it goes into keys, apart from its fields.</param>
    /// <param name="rawTarget">Its target as the client spelled it.</param>
    /// <param name="policy">What makes a difference.</param>
    public RequestKey Of(HttpRequest request, string? rawTarget, ResponsePolicy policy)
    {
        var spelling = new Spelling(
            policy, request.Scheme, request.Host.Value, request.PathBase.Value, request.Path.Value, request.QueryString.Value, rawTarget);
        if (policy.HasParts || spelling.Length > LongestRemembered)
            return Make(request, rawTarget, policy);

        if (known.Find(spelling) is { } target)
            return target;

        target = Make(request, rawTarget, policy);
        known.Remember(spelling, target);
        return target;
    }

    private RequestKey Make(HttpRequest request, string? rawTarget, ResponsePolicy policy) => new(
        keys.UrlOf(request.PathBase + request.Path, policy.Query.Canonical(request.QueryString.Value)),
        ResponseKeys.IdentityOf(request, rawTarget, policy),
        keys.OtherNamesOf(request, rawTarget, policy));

    /// <summary>All that <see cref="Make"/> looks at.</summary>
    private readonly record struct Spelling(
        ResponsePolicy Policy, string Scheme, string? Host, string? PathBase, string? Path, string? Query, string? RawTarget)
    {
        public int Length => (Host?.Length ?? 0) + (PathBase?.Length ?? 0) + (Path?.Length ?? 0) + (Query?.Length ?? 0) + (RawTarget?.Length ?? 0);

        public override int GetHashCode() => HashCode.Combine(Host, Path, Query);
    }
}
