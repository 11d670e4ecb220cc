using System.Xml.Linq;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>Horizontal bars as an SVG, for a page that is light or dark.</summary>
internal static class BarChart
{
    private const int Width = 720;
    private const int BarsBegin = 200;
    private const int BarsEnd = 660;
    private const int Line = 24;

    private const string Style =
        """
        text { font: 13px sans-serif; fill: #1f2328 } .name { text-anchor: end } .head { font-weight: bold }
        .bar { fill: #8c959f } .ours { fill: #0969da } .one { stroke: #1f2328; stroke-dasharray: 3 3 }
        @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #4493f8 } .one { stroke: #e6edf3 } }
        """;

    private static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    /// <summary>A dashed line stands at one.</summary>
    public static string Svg(string title, IReadOnlyList<BarGroup> groups)
    {
        var scale = (BarsEnd - BarsBegin) / Math.Max(1, groups.Max(static group => group.Bars.Max(static bar => bar.Value)));
        var picture = new XElement(Namespace + "svg", new XElement(Namespace + "style", Style), Text(title, "head", x: 8, line: 0));
        var line = 1;
        foreach (var group in groups)
        {
            picture.Add(Text(group.Name, "head", x: 8, line));
            var (one, top) = (BarsBegin + scale, (line + 1) * Line);
            foreach (var bar in group.Bars)
                picture.Add(Row(bar, scale, ++line));

            line++;
            picture.Add(new XElement(Namespace + "line", new XAttribute("class", "one"), At("x1", one), At("x2", one), At("y1", top), At("y2", line * Line)));
        }

        picture.Add(new XAttribute("viewBox", $"0 0 {Width} {line * Line + 8}"), new XAttribute("role", "img"), new XAttribute("aria-label", title));
        return picture + Environment.NewLine;
    }

    private static XElement[] Row(Bar bar, double scale, int line) =>
    [
        Text(bar.Name, "name", BarsBegin - 8, line),
        new(
            Namespace + "rect",
            new XAttribute("class", bar.IsOurs ? "ours" : "bar"),
            At("x", BarsBegin),
            At("y", line * Line + 3),
            At("width", bar.Value * scale),
            At("height", Line - 6)),
        Text($"{bar.Value:0.00}", "value", BarsBegin + bar.Value * scale + 8, line),
    ];

    private static XElement Text(string text, string kind, double x, int line) =>
        new(Namespace + "text", new XAttribute("class", kind), At("x", x), At("y", line * Line + 17), text);

    private static XAttribute At(string name, double place) => new(name, $"{place:0.#}");
}

/// <summary>Bars under one heading.</summary>
internal sealed record BarGroup(string Name, IReadOnlyList<Bar> Bars);

/// <param name="Name">Beside the bar.</param>
/// <param name="Value">At its end.</param>
/// <param name="IsOurs">Whether it stands out.</param>
internal sealed record Bar(string Name, double Value, bool IsOurs);
