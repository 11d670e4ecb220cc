using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What an endpoint's attribute asks for. Null query keys: the whole query counts.</summary>
internal sealed class ResponsePolicy(RedisResponseCacheAttribute attribute)
{
    /// <summary>For an endpoint without an attribute: the response's own headers decide.</summary>
    public static readonly ResponsePolicy None = new(new RedisResponseCacheAttribute());

    public PolicyLifetime Lifetime { get; } = new(Seconds(attribute.Duration), Seconds(attribute.SlidingDuration));

    /// <summary>The attribute itself says for how long, so that the response need not.</summary>
    public bool HasLifetime => (Lifetime.Duration ?? Lifetime.Sliding) is not null;

    public string[]? QueryKeys { get; } = attribute.VaryByQueryKeys;

    /// <summary>In the form of <see cref="Variants.TryParse"/>.</summary>
    public string[] HeaderNames { get; } = Variants.TryParse(attribute.VaryByHeaderNames, out var names) ? names : [];

    public RouteTemplate[] Tags { get; } = [.. (attribute.Tags ?? []).Select(static tag => new RouteTemplate(tag))];

    public static ResponsePolicy Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<RedisResponseCacheAttribute>()?.Policy ?? None;

    private static TimeSpan? Seconds(int seconds) => seconds == 0 ? null : TimeSpan.FromSeconds(seconds);
}
