using System.Reflection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.Telemetry;

public class LogEscapingTests
{
    private static readonly string[] Chosen = ["path", "key", "tag", "name", "page"];

    public static TheoryData<string> Events => [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
        .Where(static method => method.GetParameters().Any(IsChosen)).Select(static method => method.Name)];

    [Theory]
    [InlineData("/products/7?q=a b", "/products/7?q=a b")]
    [InlineData("/käse/日本/😀", "/käse/日本/😀")]
    [InlineData("/a\nfail: forged", "/a\\u{000A}fail: forged")]
    [InlineData("/a\r\n\u001b[2J\0\u007f", "/a\\u{000D}\\u{000A}\\u{001B}[2J\\u{0000}\\u{007F}")]
    [InlineData("/a\u0085\u009b", "/a\\u{0085}\\u{009B}")]
    [InlineData("/a\u2028\u2029", "/a\\u{2028}\\u{2029}")]
    [InlineData("/a\u202e\u2066\u200f\u061c\ufeff", "/a\\u{202E}\\u{2066}\\u{200F}\\u{061C}\\u{FEFF}")]
    [InlineData("/a\U000E0041", "/a\\u{E0041}")]
    public void What_could_forge_a_line_or_reorder_it_is_escaped_and_nothing_else(string text, string escaped) =>
        Assert.Equal(escaped, LogEscaping.Escape(text));

    [Fact]
    public void A_lone_surrogate_is_escaped() => Assert.Equal("/a\\u{D800}b", LogEscaping.Escape($"/a{(char)0xD800}b"));

    [Fact]
    public void Text_without_such_characters_is_the_same_object()
    {
        var text = "/products/7";
        Assert.Same(text, LogEscaping.Escape(text));
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_escapes_the_paths_keys_tags_and_names_in_it(string name)
    {
        var method = typeof(Log).GetMethod(name)!;
        var logger = new LineLogger();
        method.Invoke(null, [logger, .. method.GetParameters().Skip(1).Select(static parameter => IsChosen(parameter) ? "/a\nb\u202e"
            : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null)]);

        Assert.Contains("/a\\u{000A}b\\u{202E}", Assert.Single(logger.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', logger.Lines[0]);
        Assert.Equal(name, logger.Events[0].Name);
    }

    private static bool IsChosen(ParameterInfo parameter) => parameter.ParameterType == typeof(string) && Chosen.Contains(parameter.Name);

    private sealed class LineLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public List<EventId> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            Events.Add(eventId);
        }
    }
}
