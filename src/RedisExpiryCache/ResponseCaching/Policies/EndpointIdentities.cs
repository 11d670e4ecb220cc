using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Identifies endpoints in cache keys: the same text on each node and after each restart, another one for each endpoint.</summary>
/// <remarks>
/// Not by object, order or MVC's action id, which differ from process to process. The first of these that no other endpoint shares: route,
/// names, methods, hosts and handler; with the metadata that can be written as text; with the handler's place in this very build; a random
/// id of this process. See docs/design/endpoint-in-key.md.
/// </remarks>
internal sealed class EndpointIdentities(IServiceProvider services, ILogger<EndpointIdentities> logger)
{
    private readonly ConditionalWeakTable<Endpoint, string> known = [];
    private readonly ConcurrentDictionary<string, bool> reported = new(StringComparer.Ordinal);
    private volatile Described? latest;

    private sealed record Described(IReadOnlyList<Endpoint> Source, ILookup<string, Endpoint> ByText);

    public string Of(Endpoint endpoint) => known.TryGetValue(endpoint, out var identity) ? identity : known.GetValue(endpoint, Identify);

    private string Identify(Endpoint endpoint)
    {
        var text = Describe(endpoint);
        Endpoint[] same = [.. AllByText()[text]];
        foreach (var detail in (Func<Endpoint, string?>[])[MetadataOf, PlaceInBuildOf])
        {
            if (same.Length < 2)
                break;

            var own = detail(endpoint);
            text = Join([text, own]);
            same = own is null ? same : Array.FindAll(same, other => detail(other) == own);
        }

        if (same.Length >= 2)
        {
            if (reported.TryAdd(text, true))
                logger.EndpointsAlike(endpoint.DisplayName ?? "");

            text = Join([text, Guid.NewGuid().ToString()]);
        }

        return KeyEncoder.DigestOf(text);
    }

    private ILookup<string, Endpoint> AllByText()
    {
        var source = services.GetService<EndpointDataSource>()?.Endpoints ?? [];
        var described = latest;
        if (described is null || !ReferenceEquals(described.Source, source))
            latest = described = new Described(source, source.ToLookup(Describe));

        return described.ByText;
    }

    private static string Describe(Endpoint endpoint) => Join(
    [
        (endpoint as RouteEndpoint)?.RoutePattern.RawText,
        endpoint.DisplayName,
        endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
        Join(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods),
        Join(endpoint.Metadata.GetMetadata<IHostMetadata>()?.Hosts),
        HandlerOf(endpoint) is { } handler && !handler.Name.StartsWith('<') ? $"{handler.DeclaringType?.FullName}.{handler}" : null,
    ]);

    private static MethodInfo? HandlerOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<ControllerActionDescriptor>()?.MethodInfo ?? endpoint.Metadata.GetMetadata<MethodInfo>();

    /// <summary>Of each item that has a text of its own, and not the name of its type alone.</summary>
    private static string? MetadataOf(Endpoint endpoint) => Join(
        endpoint.Metadata
            .Where(static item => item is not (MethodInfo or Microsoft.AspNetCore.Mvc.Abstractions.ActionDescriptor))
            .Select(static item => item is ContentEncodingMetadata coding ? coding.Value : item.ToString())
            .Order(StringComparer.Ordinal));

    /// <summary>A lambda has a name by the place where it stands, which is another one in the next build.</summary>
    private static string? PlaceInBuildOf(Endpoint endpoint) =>
        (HandlerOf(endpoint) ?? endpoint.RequestDelegate?.Method) is { } handler && handler.HasMetadataToken()
        ? string.Create(CultureInfo.InvariantCulture, $"{handler.Module.ModuleVersionId}:{handler.GetMetadataToken()}")
        : null;

    private static string Join(IEnumerable<string?>? parts) =>
        string.Concat((parts ?? []).Select(static part => $"{part?.Length ?? -1}:{part}"));
}
