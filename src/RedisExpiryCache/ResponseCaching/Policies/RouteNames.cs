using System.Globalization;
using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The route values that requests to an endpoint can have.</summary>
internal static class RouteNames
{
    /// <returns>
    /// Parameters, defaults, and what MVC requires of a route (<c>controller</c>, <c>action</c>, <c>area</c>, <c>page</c>); null: unknown,
    /// because the endpoint has no route of its own.
    /// </returns>
    public static string[]? Of(Endpoint endpoint) => endpoint is not RouteEndpoint { RoutePattern: var pattern }
        ? null
        :
        [
            .. pattern.Parameters.Select(static parameter => parameter.Name)
                .Concat(pattern.Defaults.Keys)
                .Concat(pattern.RequiredValues.Where(static value => TextOf(value.Value).Length > 0).Select(static value => value.Key))
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];

    /// <returns>A name in the template that is not among <paramref name="names"/>; null: there is none.</returns>
    public static string? Missing(RouteValueTemplate template, string[] names) =>
        template.Names.FirstOrDefault(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase));

    private static string TextOf(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
