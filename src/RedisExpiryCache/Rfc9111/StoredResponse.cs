namespace RedisExpiryCache.Rfc9111;

/// <summary>What the rules need to know of a stored response.</summary>
internal sealed record StoredResponse
{
    public required DateTimeOffset ResponseTime { get; init; }
    public TimeSpan CorrectedInitialAge { get; init; }

    /// <summary>Null: fresh for as long as the store keeps it, which is what a policy's sliding expiry says.</summary>
    public TimeSpan? FreshnessLifetime { get; init; }

    /// <summary><see cref="CacheControl.ForbidsStale"/> of the response.</summary>
    public bool MustRevalidate { get; init; }

    /// <summary><see cref="CacheControl.AllowsEverybody"/> of the response.</summary>
    public bool AllowsEverybody { get; init; }

    /// <summary><see cref="CacheControl.AllowsAuthorization"/> of the response.</summary>
    public bool AllowsAuthorization { get; init; }

    public string? ETag { get; init; }
    public DateTimeOffset? LastModified { get; init; }
    public required DateTimeOffset Date { get; init; }
}
