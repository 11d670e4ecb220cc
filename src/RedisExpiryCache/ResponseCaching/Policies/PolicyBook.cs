using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>All policies, and which of them an endpoint goes by: the base policies, over them the named one, over that what is said at the endpoint itself.</summary>
internal sealed class PolicyBook(IOptions<RedisExpiringCacheOptions> options)
{
    private readonly ConditionalWeakTable<Endpoint, ResponsePolicy> known = [];
    private readonly ResponsePolicy ofNoEndpoint = new(options.Value.ResponseCaching.BasePolicy);

    public ResponsePolicy Of(Endpoint? endpoint) => endpoint is null ? ofNoEndpoint : known.GetValue(endpoint, Compose);

    /// <summary>The name of a policy that an endpoint asks for and that nobody has added; null: none.</summary>
    public string? UnknownNameOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IPolicyMetadata>()?.PolicyName is { } name && !options.Value.ResponseCaching.Policies.ContainsKey(name) ? name : null;

    private ResponsePolicy Compose(Endpoint endpoint)
    {
        var settings = options.Value.ResponseCaching.BasePolicy;
        if (endpoint.Metadata.GetMetadata<IPolicyMetadata>() is { } nearest)
        {
            if (nearest.PolicyName is { } name)
                settings = options.Value.ResponseCaching.PolicyNamed(name).Over(settings);

            settings = nearest.Settings.Over(settings);
        }

        return new ResponsePolicy(settings);
    }
}
