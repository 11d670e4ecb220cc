using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The policy of one response: its endpoint's, and what the app has said while making it.</summary>
internal sealed class ServingFeature(ResponsePolicy policy, HttpResponse response) : IResponseCacheFeature
{
    private readonly List<string> tags = [];
    private readonly List<string> headerNames = [];

    public TimeSpan? Duration
    {
        get;
        set
        {
            ThrowIfStarted();
            if (value is { } span)
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(span, TimeSpan.Zero, nameof(Duration));

            field = value;
        }
    }

    public bool NoStore
    {
        get;
        set
        {
            ThrowIfStarted();
            field = value;
        }
    }

    public IReadOnlyList<string> Tags => tags;

    public PolicyLifetime Lifetime => Duration is { } own ? policy.Lifetime with { Duration = own } : policy.Lifetime;

    /// <summary>Those of the policy and those named since, in the form of <see cref="Variants.TryParse"/>.</summary>
    public string[] HeaderNames => headerNames.Count > 0 && Variants.TryParse(headerNames.ToArray(), out var added)
        ? Variants.Union(policy.HeaderNames, added)
        : policy.HeaderNames;

    public string? ClientCacheControl => policy.ClientCacheControl(Lifetime);

    public void AddTags(params string[] tags)
    {
        ThrowIfStarted();
        this.tags.AddRange(ResponseCachePolicyBuilder.WithoutNull(tags, nameof(tags)));
    }

    public void VaryByHeader(params string[] names)
    {
        ThrowIfStarted();
        headerNames.AddRange(ResponseCachePolicyBuilder.FieldNames(names, nameof(names)));
    }

    private void ThrowIfStarted()
    {
        if (response.HasStarted)
            throw new InvalidOperationException("The response has started: what was to be decided about its caching has been decided.");
    }
}
