using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache;

/// <summary>
/// Looks at the endpoints once they are known. One that asks for a policy which nobody has added ends the start; when some carry our attributes or conventions and no pipeline has
/// our middleware, that is a warning. Without routing there is nothing to say.
/// </summary>
internal sealed class PipelineCheck(IServiceProvider services) : IHostedLifecycleService
{
    private const int NamedEndpoints = 3;

    /// <summary>The middleware is in some pipeline of the app.</summary>
    public bool IsPlaced { get; set; }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var cached = EndpointsWithAttributes();
        ThrowIfPolicyIsUnknown(cached);
        var idle = IsPlaced ? [] : cached;
        if (idle.Length > 0)
        {
            var names = idle.Take(NamedEndpoints).Select(static endpoint => endpoint.DisplayName ?? "one without a name");
            var rest = idle.Length > NamedEndpoints ? $" and {idle.Length - NamedEndpoints} more" : "";
            services.GetService<ILogger<PipelineCheck>>()?.AttributesWithoutMiddleware(idle.Length, string.Join(", ", names) + rest);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Endpoint[] EndpointsWithAttributes()
    {
        try
        {
            return [.. (services.GetService<EndpointDataSource>()?.Endpoints ?? []).Where(HasAttribute)];
        }
        catch (Exception)
        {
            // Some endpoint cannot be made. The app says so itself when it is asked for one; a warning of ours must not keep it from starting.
            return [];
        }
    }

    private void ThrowIfPolicyIsUnknown(Endpoint[] endpoints)
    {
        var policies = services.GetRequiredService<PolicyBook>();
        string[] unknown = [.. endpoints.Select(endpoint => policies.UnknownNameOf(endpoint) is { } name ? $"'{name}' ({endpoint.DisplayName})" : null).OfType<string>()];
        if (unknown.Length > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(RedisExpiringCacheOptions), [
                $"There is no response cache policy {string.Join(", ", unknown)}; {policies.KnownNames}. Add it by options.ResponseCaching.AddPolicy(\"…\", policy => …)."]);
        }
    }

    private static bool HasAttribute(Endpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IPolicyMetadata>() ?? (object?)endpoint.Metadata.GetMetadata<RedisResponseCacheEvictAttribute>()) is not null;
}
