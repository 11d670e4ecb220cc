using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace RedisExpiryCache.ResponseCaching.Keys;

/// <summary>A tag or a path that names route values in braces: <c>product:{id}</c>. A value that the request lacks is empty.</summary>
/// <remarks>As in a route, a name may have asterisks before it, and a constraint, a default or a question mark behind it.</remarks>
internal sealed partial class RouteValueTemplate
{
    private readonly (string Literal, string Name)[] parts;
    private readonly string end;

    public RouteValueTemplate(string text)
    {
        Text = text;
        var matches = Placeholder().Matches(text);
        var ends = matches.Select(static match => match.Index + match.Length).Prepend(0).ToArray();
        parts = [.. matches.Select((match, at) => (text[ends[at]..match.Index], match.Groups["name"].Value))];
        end = text[ends[^1]..];
    }

    public string Text { get; }

    /// <summary>It names no route value.</summary>
    public bool IsPlain => parts.Length == 0;

    /// <summary>Each brace has its pair.</summary>
    public bool IsWellFormed =>
        parts.Select(static part => part.Literal).Append(end).All(static literal => literal.AsSpan().IndexOfAny("{}") < 0);

    public IEnumerable<string> Names => parts.Select(static part => part.Name);

    public string Fill(RouteValueDictionary values, Func<string, string>? encode = null)
    {
        return IsPlain ? Text : string.Concat(parts.Select(part => part.Literal + ValueOf(part.Name)).Append(end));

        string ValueOf(string name)
        {
            var value = Convert.ToString(values[name], CultureInfo.InvariantCulture) ?? "";
            return encode is null ? value : encode(value);
        }
    }

    /// <summary>A value as part of a path: one of a catch-all parameter is several segments.</summary>
    public static string EncodeInPath(string value) => string.Join('/', value.Split('/').Select(Uri.EscapeDataString));

    [GeneratedRegex(@"\{\*{0,2}(?<name>[^{}:=?*]+)[^{}]*\}")]
    private static partial Regex Placeholder();
}
