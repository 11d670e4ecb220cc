using System.Reflection;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>
/// Checks the endpoints once they are known. A policy name that was not added, a value that an attribute does not take, and a route value
/// that the route does not have end the start. Attributes or conventions without our middleware in any pipeline are a warning.
/// </summary>
internal sealed class StartupChecks(IServiceProvider services) : IHostedLifecycleService
{
    private const int NamedEndpoints = 3;

    /// <summary>The middleware is in some pipeline of the app.</summary>
    public bool IsPlaced { get; set; }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        ConnectEarly();
        var all = await Endpoints();
        Endpoint[] cached = [.. all.Where(HasAttribute)];
        AttributeCheck.ThrowIfWrong(cached);
        ThrowIfPolicyIsUnknown(cached);
        TemplateCheck.ThrowIfWrong(all, services.GetRequiredService<PolicyProvider>());
        WarnOfHandlers(all);
        WarnOfNoDuration(cached);
        WarnOfMistakes(all);
        if (IsPlaced && HostCheck.IsMissing(services, all))
            services.GetService<ILogger<StartupChecks>>()?.HostsNotFiltered();

        var idle = IsPlaced ? [] : cached;
        if (idle.Length > 0)
            services.GetService<ILogger<StartupChecks>>()?.AttributesWithoutMiddleware(idle.Length, NamesOf(idle));
    }

    private static string NamesOf(Endpoint[] endpoints)
    {
        string[] names = [.. endpoints.Select(static endpoint => endpoint.DisplayName ?? "one without a name").Distinct(StringComparer.Ordinal)];
        var rest = names.Length > NamedEndpoints ? $" and {names.Length - NamedEndpoints} more" : "";
        return string.Join(", ", names.Take(NamedEndpoints)) + rest;
    }

    private void WarnOfNoDuration(Endpoint[] endpoints)
    {
        var policies = services.GetRequiredService<PolicyProvider>();
        Endpoint[] lacking = IsPlaced ? Array.FindAll(endpoints, policies.LacksDuration) : [];
        if (lacking.Length > 0)
            services.GetService<ILogger<StartupChecks>>()?.NoDuration(NamesOf(lacking), HelpLink.Policies);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ConnectEarly();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// A request waits for Redis too briefly for a connection to be made as well; so it is begun now, where there will be such requests,
    /// and nobody waits for it.
    /// </summary>
    private void ConnectEarly()
    {
        if (IsPlaced)
            services.GetRequiredService<StartupConnection>().Begin();
    }

    private async Task<Endpoint[]> Endpoints()
    {
        try
        {
            return await services.GetRequiredService<EndpointCatalog>().AllAsync();
        }
        catch (CustomAttributeFormatException failure) when (failure.GetBaseException() is ArgumentException wrong)
        {
            // Every request would fail by it, and be told that a property was not found.
            throw new InvalidOperationException($"An attribute on an endpoint was given a value that it does not take: {wrong.Message}", failure);
        }
        catch (Exception)
        {
            // Some endpoint cannot be made. The app says so itself when it is asked for one; a warning of ours must not keep it from
            // starting.
            return [];
        }
    }

    private void ThrowIfPolicyIsUnknown(Endpoint[] endpoints)
    {
        var policies = services.GetRequiredService<PolicyProvider>();
        string[] unknown = [.. endpoints.Select(endpoint => policies.UnknownNameOf(endpoint) is { } name ? $"'{name}' ({endpoint.DisplayName})" : null).OfType<string>()];
        if (unknown.Length > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(RedisExpiringCacheOptions), [
                $"There is no response cache policy {string.Join(", ", unknown)}; {policies.KnownNames}. Add it by options.ResponseCaching.AddPolicy(\"…\", policy => …)."]);
        }
    }

    private void WarnOfMistakes(Endpoint[] endpoints)
    {
        if (services.GetService<ILogger<StartupChecks>>() is not { } logger)
            return;

        services.GetRequiredService<DistributedCacheCheck>().Warn(logger);
        if (!IsPlaced)
            return;

        var options = services.GetRequiredService<IOptions<RedisExpiringCacheOptions>>().Value;
        EndpointMistakes.Warn(endpoints, options.ResponseCaching.StorePostResponses, logger);
    }

    /// <summary>To MVC a page is one endpoint, whose metadata is what stands on its model; a handler is chosen behind us.</summary>
    private void WarnOfHandlers(Endpoint[] endpoints)
    {
        var handlers = endpoints.Select(static endpoint => endpoint.Metadata.GetMetadata<CompiledPageActionDescriptor>()).OfType<CompiledPageActionDescriptor>()
            .SelectMany(static page => page.HandlerMethods).Select(static handler => handler.MethodInfo)
            .Where(static method => method.IsDefined(typeof(RedisResponseCacheAttribute), inherit: true) || method.IsDefined(typeof(RedisResponseCacheEvictAttribute), inherit: true))
            .Select(static method => $"{method.DeclaringType?.Name}.{method.Name}").Distinct(StringComparer.Ordinal);
        if (string.Join(", ", handlers) is { Length: > 0 } found)
            services.GetService<ILogger<StartupChecks>>()?.AttributesOnHandlers(found);
    }

    public static bool HasAttribute(Endpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IPolicyMetadata>() ?? (object?)endpoint.Metadata.GetMetadata<RedisResponseCacheEvictAttribute>()) is not null;
}
