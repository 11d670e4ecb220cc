using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Finds tags and paths that name a route value which requests to their endpoint never have.</summary>
/// <remarks>Such a tag is the same for all requests, and an eviction by it reaches nothing. See docs/design/route-templates.md.</remarks>
internal static class TemplateCheck
{
    /// <exception cref="InvalidOperationException">There is one.</exception>
    public static void ThrowIfWrong(Endpoint[] endpoints, PolicyProvider policies)
    {
        string[] errors = [.. endpoints.SelectMany(endpoint => ErrorsOf(endpoint, policies)), .. BaseErrors(endpoints, policies)];
        if (errors.Length > 0)
            throw new InvalidOperationException(string.Join(" ", errors));
    }

    private static IEnumerable<string> ErrorsOf(Endpoint endpoint, PolicyProvider policies)
    {
        if (RouteNames.Of(endpoint) is not { } names)
            return [];

        var evicted = endpoint.Metadata.GetOrderedMetadata<RedisResponseCacheEvictAttribute>()
            .SelectMany(static attribute => (attribute.Tags ?? []).Concat(attribute.Paths ?? []));
        return policies.TagsAskedAt(endpoint).Concat(evicted).Select(text => ErrorOf(new RouteValueTemplate(text), names)).OfType<string>()
            .Select(error => $"{endpoint.DisplayName}: {error}");
    }

    private static string? ErrorOf(RouteValueTemplate template, string[] names)
    {
        if (!template.IsWellFormed)
            return $"'{template.Text}' has a brace without its pair.";

        var has = names.Length == 0 ? "has no parameters" : $"has {string.Join(", ", names)}";
        return RouteNames.Missing(template, names) is { } name
            ? $"'{template.Text}' names the route value '{name}'; the route {has}."
            : null;
    }

    /// <summary>A tag of a base policy is for those endpoints that have the route value; there has to be one.</summary>
    private static IEnumerable<string> BaseErrors(Endpoint[] endpoints, PolicyProvider policies)
    {
        string[][] routes = [.. endpoints.Select(RouteNames.Of).OfType<string[]>()];
        foreach (var template in policies.BaseTags.Select(static tag => new RouteValueTemplate(tag)))
        {
            if (!template.IsWellFormed)
                yield return $"A base policy: '{template.Text}' has a brace without its pair.";
            else if (routes.Length > 0 && !Array.Exists(routes, names => RouteNames.Missing(template, names) is null))
                yield return $"A base policy: no route has all route values that '{template.Text}' names.";
        }
    }
}
