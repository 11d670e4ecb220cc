using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>What the rules need to know of a stored response.</summary>
internal sealed record StoredResponse
{
    public int StatusCode { get; init; } = 200;

    public required DateTimeOffset ResponseTime { get; init; }
    public TimeSpan CorrectedInitialAge { get; init; }

    /// <summary>Null: fresh for as long as the store keeps it, which is what a policy's sliding expiry says.</summary>
    public TimeSpan? FreshnessLifetime { get; init; }

    /// <summary><see cref="CacheControl.NoCache"/> of the response: to be validated before each reuse.</summary>
    public bool NoCache { get; init; }

    /// <summary><see cref="CacheControl.ForbidsStale"/> of the response.</summary>
    public bool MustRevalidate { get; init; }

    /// <summary><see cref="CacheControl.AllowsEverybody"/> of the response.</summary>
    public bool AllowsEverybody { get; init; }

    /// <summary><see cref="CacheControl.AllowsAuthorization"/> of the response.</summary>
    public bool AllowsAuthorization { get; init; }

    /// <summary>How long the app took to make it, or to say that it still holds.</summary>
    public TimeSpan MakingTime { get; init; }

    /// <summary>RFC 5861 3; null: it does not say.</summary>
    public TimeSpan? StaleWhileRevalidate { get; init; }

    /// <summary>RFC 5861 4; null: it does not say.</summary>
    public TimeSpan? StaleIfError { get; init; }

    /// <summary>Which bytes of the representation are stored; null: all of them.</summary>
    public StoredRange? Part { get; init; }

    public string? ETag { get; init; }

    /// <summary>The entity tag was made by this cache: good for clients, unknown to the app.</summary>
    public bool IsETagOurs { get; init; }

    /// <summary>Cache-Control was written by this cache for a policy: it is what clients are told, and not the app's word.</summary>
    public bool IsCacheControlOurs { get; init; }

    /// <summary>How many bytes there are; fewer than <see cref="Part"/> says where the app's Content-Range was wrong.</summary>
    public long BodyLength { get; init; }

    public DateTimeOffset? LastModified { get; init; }
    public required DateTimeOffset Date { get; init; }

    /// <summary>
    /// RFC 9110 13.1: the app can be asked whether the response still holds. Conditions are for successes; what would not be one is
    /// answered as if there were none.
    /// </summary>
    public bool CanBeValidated => StatusCode is >= 200 and <= 299 && ((ETag is not null && !IsETagOurs) || LastModified is not null);

    /// <summary>It is stale because somebody has said so, whatever its fields say.</summary>
    public bool IsMarkedStale { get; private init; }

    /// <summary>
    /// As if it had never been fresh. Who marks it so wants it to be served while it is made anew, unless it forbids ever being served
    /// stale (RFC 9111 4.2.4); but not for longer than it would have been served without the mark.
    /// </summary>
    public StoredResponse MarkedStale() => this with
    {
        FreshnessLifetime = TimeSpan.Zero,
        StaleWhileRevalidate = FreshnessLifetime is { } lifetime ? DeltaSeconds.Add(lifetime, StaleWhileRevalidate ?? TimeSpan.Zero) : TimeSpan.MaxValue,
        IsMarkedStale = FreshnessLifetime != TimeSpan.Zero,
    };
}
