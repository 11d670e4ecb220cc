using System.Globalization;

namespace RedisExpiryCache.Benchmarks;

/// <summary>How long to measure. Candidates take turns within each round, so that a machine whose speed drifts is the same for all of them.</summary>
/// <param name="Rounds">Of which the median counts.</param>
/// <param name="Seconds">Of each measurement.</param>
internal sealed record Settings(int Rounds = 5, int Seconds = 4)
{
    /// <exception cref="ArgumentException">An argument means nothing.</exception>
    public static Settings Parse(ReadOnlySpan<string> arguments) => arguments switch
    {
        [] => new Settings(),
        ["--rounds", var text, .. var rest] => Parse(rest) with { Rounds = Number(text) },
        ["--seconds", var text, .. var rest] => Parse(rest) with { Seconds = Number(text) },
        _ => throw new ArgumentException($"'{arguments[0]}' is no argument; there are --rounds and --seconds."),
    };

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new ArgumentException($"'{text}' is not a number above zero.");
}
