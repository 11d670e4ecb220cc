using System.Globalization;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>What is asked for at one endpoint, all policies that concern it laid one over the other.</summary>
internal sealed class ResponsePolicy(PolicySettings settings)
{
    private readonly UserRule users = new(settings.VaryByUser is true, settings.ClaimTypes ?? [], settings.AllowMissingClaims is true);
    private readonly string[] routeValueNames = settings.RouteValueNames ?? [];
    private string? clientCacheControl;

    /// <summary>The response's own headers decide.</summary>
    public static readonly ResponsePolicy None = new(new PolicySettings());

    /// <summary>Identifies the endpoint in cache keys (<see cref="EndpointIdentities"/>); null: routing has chosen none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Which of the endpoint's responses are looked up and stored.</summary>
    public EndpointScope Scope { get; init; }

    /// <summary>Whether the endpoint has answered for shared caches; null: routing has chosen none.</summary>
    public PublicEndpoints.PublicEndpoint? PublicEndpoint { get; init; }

    public PolicyLifetime Lifetime { get; } = new(Positive(settings.Duration), Positive(settings.Sliding))
    {
        Fallback = settings.Fallback,
        StaleWhileRevalidate = settings.StaleWhileRevalidate,
        StaleIfError = settings.StaleIfError,
    };

    public bool NoStore { get; } = settings.NoStore is true;

    public QueryRule Query { get; } = settings.QueryKeys is null && settings.IgnoredQueryKeys is null
        ? QueryRule.AsSpelled
        : new QueryRule(settings.QueryKeys, settings.IgnoredQueryKeys);

    /// <summary>How much of the path counts in cache keys.</summary>
    public PathRule Path { get; init; } = PathRule.AsSpelled;

    public bool VaryByHost { get; } = settings.VaryByHost is not false;

    /// <summary>In the form of <see cref="Variants.TryParse"/>.</summary>
    public string[] HeaderNames { get; } = Variants.TryParse(settings.HeaderNames, out var names) ? names : [];

    public RouteValueTemplate[] Tags { get; } = [.. settings.Tags.Distinct(StringComparer.Ordinal).Select(static tag => new RouteValueTemplate(tag))];

    /// <summary>The tags are the same for each request.</summary>
    public bool HasFixedTags => Array.TrueForAll(Tags, static tag => tag.IsPlain);

    public bool VariesByUser => users.IsSet;

    public string[] ClaimTypes { get; } = settings.ClaimTypes ?? [];

    public bool AllowsMissingClaims { get; } = settings.AllowMissingClaims is true;

    /// <summary>Nothing that a cache downstream could tell by the request's fields: what it gets is for one client.</summary>
    private bool IsPersonal => VariesByUser || settings.VaryByCulture is true || settings.Custom.Length > 0;

    /// <summary>The <c>Cache-Control</c> for clients of a response that has none of its own; null: none is added.</summary>
    /// <remarks>An <c>Expires</c> of the response says for how long; of a personal one, caches in front still have to keep off.</remarks>
    public string? ClientCacheControl(PolicyLifetime lifetime, bool hasExpires) =>
        (lifetime.Duration ?? lifetime.Sliding ?? lifetime.Fallback) is null ? null
        : !hasExpires ? clientCacheControl ??= $"{(IsPersonal ? "private" : "public")}, {ClientLifetime}"
        : IsPersonal ? "private" : null;

    /// <summary>By default clients revalidate at each use: no eviction reaches what they keep.</summary>
    private string ClientLifetime => (long)(settings.ClientDuration ?? TimeSpan.Zero).TotalSeconds is > 0 and var seconds
        ? string.Create(CultureInfo.InvariantCulture, $"max-age={seconds}")
        : "max-age=0, must-revalidate";

    /// <summary>Whether there are any <see cref="PartsOf"/> a request.</summary>
    public bool HasParts => settings.VaryByCulture is true || VariesByUser || routeValueNames.Length > 0 || settings.Custom.Length > 0;

    /// <summary>
    /// What tells this request apart beyond its URL and fields, each part or null: culture, user, claims, route values, the app's own
    /// functions.
    /// </summary>
    public IEnumerable<string?> PartsOf(HttpContext context)
    {
        if (settings.VaryByCulture is true)
        {
            yield return CultureInfo.CurrentCulture.Name;
            yield return CultureInfo.CurrentUICulture.Name;
        }

        if (VariesByUser)
            yield return UserOf(context).Text;

        foreach (var name in routeValueNames)
            yield return RouteValueOf(context, name);

        foreach (var function in settings.Custom)
            yield return function(context);
    }

    /// <summary>The request's user as this policy tells users apart; not read where the policy does not vary by user.</summary>
    public UserKey UserOf(HttpContext context) => VariesByUser ? users.KeyOf(context.User) : default;

    /// <summary>As it came: unlike a tag, it must not join what the application can tell apart.</summary>
    /// <returns>Null: there is none, which is not the empty text.</returns>
    private static string? RouteValueOf(HttpContext context, string name) =>
        context.Request.RouteValues[name] is { } value ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;

    private static TimeSpan? Positive(TimeSpan? span) => span > TimeSpan.Zero ? span : null;
}
