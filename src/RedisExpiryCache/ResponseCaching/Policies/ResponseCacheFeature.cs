using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The policy of one response: its endpoint's, and what the app has said while making it.</summary>
internal sealed class ResponseCacheFeature(ResponsePolicy policy, HttpResponse response) : IResponseCacheFeature
{
    // Replaced as a whole: an application that goes on after its request may change them while the response is being stored.
    private string[] tags = [];
    private string[] headerNames = [];
    private volatile bool isClosed;

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

    public ResponsePolicy Policy => policy;

    public IReadOnlyList<string> Tags => tags;

    public PolicyLifetime Lifetime => Duration is { } own ? policy.Lifetime with { Duration = own } : policy.Lifetime;

    /// <summary>Those of the policy and those named since, in the form of <see cref="Variants.TryParse"/>.</summary>
    public string[] HeaderNames => headerNames.Length > 0 && Variants.TryParse(headerNames, out var added)
        ? Variants.Union(policy.HeaderNames, added)
        : policy.HeaderNames;

    public string? ClientCacheControl(bool hasExpires) => policy.ClientCacheControl(Lifetime, hasExpires);

    public void AddTags(params string[] tags)
    {
        ThrowIfStarted();
        this.tags = [.. this.tags, .. ResponseCachePolicyBuilder.WithoutNull(tags, nameof(tags))];
    }

    public void VaryByHeader(params string[] names)
    {
        ThrowIfStarted();
        headerNames = [.. headerNames, .. ResponseCachePolicyBuilder.FieldNames(names, nameof(names))];
    }

    /// <summary>The request has ended; its response may be another request's by now.</summary>
    public void Close() => isClosed = true;

    private void ThrowIfStarted()
    {
        if (isClosed || response.HasStarted)
            throw new InvalidOperationException("The response has started: what was to be decided about its caching has been decided.");
    }
}
