using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Configuration;

/// <summary>Whether any <c>Host</c> field that a client sends becomes part of keys in Redis.</summary>
internal static class HostCheck
{
    private static readonly string[] Any = ["*", "[::]", "0.0.0.0"];

    /// <summary>False also in Development and in environments for tests, whose clients are known.</summary>
    public static bool IsMissing(IServiceProvider services, Endpoint[] endpoints)
    {
        var environment = services.GetService<IHostEnvironment>();
        if (environment is null || environment.IsDevelopment() || IsForTests(environment))
            return false;

        var allowed = services.GetService<IOptions<HostFilteringOptions>>()?.Value.AllowedHosts;
        if (allowed is { Count: > 0 } && !allowed.Any(static host => Any.Contains(host)))
            return false;

        var policies = services.GetRequiredService<PolicyProvider>();
        return endpoints.Length == 0
            ? MayStoreByHost(policies.Of(endpoint: null))
            : Array.Exists(endpoints, endpoint => MayStoreByHost(policies.Of(endpoint)) && !NamesHosts(endpoint));
    }

    private static bool MayStoreByHost(ResponsePolicy policy) => policy.VaryByHost && policy.Scope != EndpointScope.None;

    private static bool IsForTests(IHostEnvironment environment) =>
        environment.EnvironmentName.StartsWith("Test", StringComparison.OrdinalIgnoreCase);

    private static bool NamesHosts(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHostMetadata>()?.Hosts is { Count: > 0 } hosts
        && hosts.All(static host => host is not ['*'] and not ['*', ':', ..]);
}
