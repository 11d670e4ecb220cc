using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>Finds an <see cref="IDistributedCache"/> of Microsoft's that was registered after this one and so takes its place.</summary>
/// <remarks>By the registrations alone: resolving the service could connect to a server. A decorator around this cache is not one of
/// Microsoft's.</remarks>
internal sealed class DistributedCacheCheck(IServiceCollection services)
{
    private const string Microsofts = "Microsoft.Extensions.Caching.";

    public void Warn(ILogger logger)
    {
        var registered = services.LastOrDefault(
            static service => service is { IsKeyedService: false } && service.ServiceType == typeof(IDistributedCache));
        if (registered?.ImplementationType is { FullName: { } type } && type.StartsWith(Microsofts, StringComparison.Ordinal))
            logger.OtherDistributedCache(type, HelpLink.Registration);
    }
}
