using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>
/// All policies, and which of them an endpoint goes by: the base policies, over them the named one, over that what is said at the endpoint
/// itself.
/// </summary>
internal sealed class PolicyProvider(IOptions<RedisExpiringCacheOptions> options, IServiceProvider services)
{
    private readonly ConditionalWeakTable<Endpoint, ResponsePolicy> known = [];
    private readonly ClaimTypesSeen claimTypes = new();
    private readonly EndpointIdentities? identities = services.GetService<EndpointIdentities>();
    private readonly PublicEndpoints? publicEndpoints = services.GetService<PublicEndpoints>();
    private readonly ResponsePolicy ofNoEndpoint = new(WithTagsFor([], options.Value.ResponseCaching.BasePolicy))
    {
        Scope = EndpointScopes.Of(endpoint: null, isMarked: false, options.Value.ResponseCaching),
    };

    public ResponsePolicy Of(Endpoint? endpoint) =>
        endpoint is null ? ofNoEndpoint : known.TryGetValue(endpoint, out var policy) ? policy : known.GetValue(endpoint, Compose);

    /// <summary>The name of a policy that an endpoint asks for and that nobody has added; null: none.</summary>
    public string? UnknownNameOf(Endpoint endpoint) =>
        NearestOf(endpoint)?.PolicyName is { } name && !options.Value.ResponseCaching.Policies.ContainsKey(name) ? name : null;

    /// <summary>An attribute wants responses stored, and neither it, nor a policy, nor a setting says for how long.</summary>
    public bool LacksDuration(Endpoint endpoint) =>
        NearestOf(endpoint) is RedisResponseCacheAttribute
        && Of(endpoint) is { NoStore: false, Lifetime: { IsSet: false, Fallback: null } }
        && MvcResponseCache.Of(endpoint, services) is not { Duration: > 0, NoStore: not true };

    /// <summary>A claim type of the policy that is on no signed-in user so far.</summary>
    /// <returns>Null: there is none, or it has been returned before.</returns>
    public string? UnseenClaimOf(ResponsePolicy policy, HttpContext context) =>
        policy.ClaimTypes.Length == 0 ? null : claimTypes.FirstUnseen(policy.ClaimTypes, context.User);

    public string[] BaseTags => options.Value.ResponseCaching.BasePolicy.Tags;

    /// <summary>The tags that the endpoint itself asks for, by its own policy and a named one.</summary>
    public string[] TagsAskedAt(Endpoint endpoint) => NearestOf(endpoint) is not { } nearest
        ? []
        : [.. nearest.PolicyName is { } name ? options.Value.ResponseCaching.PolicyNamed(name).Tags : [], .. nearest.Settings.Tags];

    public string KnownNames => options.Value.ResponseCaching.KnownPolicies;

    /// <summary>
    /// The last one named; but what stands on an action is nearer to it than a convention of all controllers, which MVC puts behind it.
    /// </summary>
    private static IPolicyMetadata? NearestOf(Endpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<ActionDescriptor>() is null ? null : endpoint.Metadata.GetMetadata<RedisResponseCacheAttribute>())
        ?? endpoint.Metadata.GetMetadata<IPolicyMetadata>();

    /// <summary>A base policy is for all endpoints: its tags with route values are for those that can have them.</summary>
    private static PolicySettings WithTagsFor(string[]? names, PolicySettings settings) => names is null
        ? settings
        : settings with { Tags = Array.FindAll(settings.Tags, tag => RouteNames.Missing(new RouteValueTemplate(tag), names) is null) };

    private ResponsePolicy Compose(Endpoint endpoint)
    {
        var settings = WithTagsFor(RouteNames.Of(endpoint), options.Value.ResponseCaching.BasePolicy);
        var (nearest, mvc) = (NearestOf(endpoint), MvcResponseCache.Of(endpoint, services));
        if (nearest is not null)
        {
            if (nearest.PolicyName is { } name)
                settings = options.Value.ResponseCaching.PolicyNamed(name).Over(settings);

            var fallback = options.Value.ResponseCaching.DefaultDuration ?? nearest.DefaultDuration;
            settings = nearest.Settings.Over(settings) with { Fallback = fallback };
        }

        if (mvc?.VaryByQueryKeys is { } queryKeys && settings is { QueryKeys: null, IgnoredQueryKeys: null })
            settings = settings with { QueryKeys = queryKeys };

        // MVC writes this into the response itself. On an endpoint that is not MVC's nothing does, and a policy of a group would store it.
        if (mvc is { NoStore: true } or { Location: ResponseCacheLocation.Client }
            && settings is not { Duration: null, Sliding: null, Fallback: null })
            settings = settings with { NoStore = true };

        var identity = identities?.Of(endpoint);
        return new ResponsePolicy(settings)
        {
            Endpoint = identity,
            Path = options.Value.ResponseCaching.Scope == ResponseCachingScope.AllResponses ? PathRule.AsSpelled : PathRule.Of(endpoint),
            Scope = EndpointScopes.Of(endpoint, nearest is not null || EndpointScopes.IsPublic(mvc), options.Value.ResponseCaching),
            PublicEndpoint = identity is null ? null : publicEndpoints?.Of(identity),
        };
    }
}
