using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>
/// All endpoints of the app, as a request meets them. What stands on the model of a Razor page is known only once the page is loaded, which
/// MVC does at its first request; here it is done for all pages, for an eviction has to know how they vary though they may have been stored
/// by another node.
/// </summary>
internal sealed class EndpointCatalog(IServiceProvider services)
{
    private volatile Loaded? latest;

    private sealed record Loaded(IReadOnlyList<Endpoint> Source, Endpoint[] Endpoints);

    /// <summary>Another object when the endpoints have changed; until then, going through them once will do.</summary>
    public async ValueTask<Endpoint[]> AllAsync()
    {
        var source = services.GetService<EndpointDataSource>()?.Endpoints ?? [];
        var known = latest;
        if (known is null || !ReferenceEquals(known.Source, source))
        {
            var loader = services.GetService<PageLoader>();
            latest = known = new Loaded(source, await Task.WhenAll(source.Select(endpoint => Load(endpoint, loader))));
        }

        return known.Endpoints;
    }

    public static bool IsPage(Endpoint endpoint) => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null;

    private static async Task<Endpoint> Load(Endpoint endpoint, PageLoader? loader)
    {
        if (loader is null || endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not { } page)
            return endpoint;

        try
        {
            return (await loader.LoadAsync(page, endpoint.Metadata)).Endpoint ?? endpoint;
        }
        catch (Exception)
        {
            // A page that does not compile says so itself to whoever asks for it.
            return endpoint;
        }
    }
}
