namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>What one policy asks for. Null: it leaves that to the policy below it, or to the default.</summary>
internal sealed record PolicySettings
{
    public TimeSpan? Duration { get; init; }
    public TimeSpan? Sliding { get; init; }
    public TimeSpan? Fallback { get; init; }
    public TimeSpan? ClientDuration { get; init; }
    public TimeSpan? StaleWhileRevalidate { get; init; }
    public TimeSpan? StaleIfError { get; init; }
    public bool? NoStore { get; init; }
    public string[]? QueryKeys { get; init; }
    public string[]? IgnoredQueryKeys { get; init; }
    public string[]? HeaderNames { get; init; }
    public string[]? RouteValueNames { get; init; }
    public bool? VaryByHost { get; init; }
    public bool? VaryByCulture { get; init; }
    public bool? VaryByUser { get; init; }
    public string[]? ClaimTypes { get; init; }
    public bool? AllowMissingClaims { get; init; }
    public Func<HttpContext, string?>[] Custom { get; init; } = [];
    public string[] Tags { get; init; } = [];

    /// <summary>What this one says, and where it says nothing, what the other does; tags and functions of both.</summary>
    public PolicySettings Over(PolicySettings below) => new()
    {
        Duration = Duration ?? below.Duration,
        Sliding = Sliding ?? below.Sliding,
        Fallback = Fallback ?? below.Fallback,
        ClientDuration = ClientDuration ?? below.ClientDuration,
        StaleWhileRevalidate = StaleWhileRevalidate ?? below.StaleWhileRevalidate,
        StaleIfError = StaleIfError ?? below.StaleIfError,
        NoStore = NoStore ?? below.NoStore,
        QueryKeys = QueryKeys ?? (IgnoredQueryKeys is null ? below.QueryKeys : null),
        IgnoredQueryKeys = IgnoredQueryKeys ?? (QueryKeys is null ? below.IgnoredQueryKeys : null),
        HeaderNames = HeaderNames ?? below.HeaderNames,
        RouteValueNames = RouteValueNames ?? below.RouteValueNames,
        VaryByHost = VaryByHost ?? below.VaryByHost,
        VaryByCulture = VaryByCulture ?? below.VaryByCulture,
        VaryByUser = VaryByUser ?? below.VaryByUser,
        ClaimTypes = ClaimTypes ?? below.ClaimTypes,
        AllowMissingClaims = AllowMissingClaims ?? below.AllowMissingClaims,
        Custom = [.. below.Custom, .. Custom],
        Tags = [.. below.Tags, .. Tags],
    };
}

/// <summary>Endpoint metadata that carries a policy: <see cref="RedisResponseCacheAttribute"/>, or a convention.</summary>
internal interface IPolicyMetadata
{
    PolicySettings Settings { get; }

    /// <summary>The named policy below it; null: none.</summary>
    string? PolicyName { get; }

    /// <summary>
    /// How long a response is fresh where neither a policy, nor the response, nor the settings say; null: it is not stored.
    /// </summary>
    TimeSpan? DefaultDuration { get; }
}

/// <summary>What <c>CacheResponse</c> puts on an endpoint.</summary>
internal sealed record PolicyMetadata(PolicySettings Settings, string? PolicyName) : IPolicyMetadata
{
    /// <summary>As long as <c>CacheOutput()</c> of ASP.NET Core stores one.</summary>
    public TimeSpan? DefaultDuration => TimeSpan.FromSeconds(60);
}
