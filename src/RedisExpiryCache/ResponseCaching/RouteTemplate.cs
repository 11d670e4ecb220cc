using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>A tag or a path that names route values in braces: <c>product:{id}</c>. A value that the route lacks is empty.</summary>
internal sealed partial class RouteTemplate(string text)
{
    /// <summary>It names no route value.</summary>
    public bool IsPlain { get; } = !text.Contains('{');

    public string Fill(RouteValueDictionary values, Func<string, string>? encode = null) => IsPlain ? text : Placeholder().Replace(text, match =>
    {
        var value = Convert.ToString(values[match.Groups[1].Value], CultureInfo.InvariantCulture) ?? "";
        return encode is null ? value : encode(value);
    });

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Placeholder();
}
