using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The path of a request in cache keys: for the endpoint of a route, without what routing does not heed.</summary>
/// <remarks>
/// Routing heeds neither the letter case of what a route spells out nor a slash at the end. Values count as spelled: routing hands them on
/// that way. See docs/design/path-folding.md.
/// </remarks>
internal sealed class PathRule
{
    /// <summary>The whole path counts as spelled.</summary>
    public static readonly PathRule AsSpelled = new(segments: null);

    /// <summary>The text of each segment of the route; null: a value. Null as a whole: the path counts as spelled.</summary>
    private readonly string?[]? segments;

    private PathRule(string?[]? segments) => this.segments = segments;

    public bool IsAsSpelled => segments is null;

    /// <remarks>The endpoint of a catch-all often hands the whole path on, to another server or a file system.</remarks>
    public static PathRule Of(Endpoint endpoint) =>
        endpoint is RouteEndpoint { RoutePattern: var pattern } && !pattern.Parameters.Any(static parameter => parameter.IsCatchAll)
            ? new PathRule([.. pattern.PathSegments.Select(segment => TextOf(segment, pattern))])
            : AsSpelled;

    /// <summary>The path as it counts. The same object where nothing is folded.</summary>
    public string? Canonical(string? path)
    {
        if (segments is null || path is not ['/', _, ..] || path.EndsWith("//", StringComparison.Ordinal))
            return path;

        var hasSlash = path.EndsWith('/');
        var text = path.AsSpan(1..(hasSlash ? ^1 : ^0));
        var (index, isCanonical) = (0, !hasSlash);
        foreach (var range in text.Split('/'))
        {
            // Something else than the route has chosen the endpoint, or the path was rewritten since.
            if (index == segments.Length)
                return path;

            if (segments[index++] is not { } spelled)
                continue;

            if (!text[range].Equals(spelled, StringComparison.OrdinalIgnoreCase))
                return path;

            isCanonical &= text[range].SequenceEqual(spelled);
        }

        return isCanonical ? path : $"/{string.Join('/', text.ToString().Split('/').Select((segment, at) => segments[at] ?? segment))}";
    }

    /// <summary>What every path of the endpoint has as this segment; null: they differ.</summary>
    /// <remarks>MVC's conventional routes have parameters that one endpoint requires a value of: <c>{controller}/{action}</c>.</remarks>
    private static string? TextOf(RoutePatternPathSegment segment, RoutePattern pattern) => segment switch
    {
        { IsSimple: true, Parts: [RoutePatternLiteralPart literal] } => literal.Content,
        { IsSimple: true, Parts: [RoutePatternParameterPart parameter] } =>
            pattern.RequiredValues.TryGetValue(parameter.Name, out var value) && value is string { Length: > 0 } text ? text : null,
        _ => null,
    };
}
