using System.Globalization;
using RedisExpiryCache.Benchmarks.Load;

namespace RedisExpiryCache.Benchmarks;

/// <summary>What to measure, and for how long. Candidates take turns within each round, so that a machine whose speed drifts is the same for all of them.</summary>
internal sealed record Settings
{
    /// <summary>The median of them counts.</summary>
    public int Rounds { get; private init; } = 5;

    /// <summary>Of each measurement.</summary>
    public int Seconds { get; private init; } = 4;

    /// <summary>In the order of the rows.</summary>
    public IReadOnlyList<Candidate> Candidates { get; private init; } = Enum.GetValues<Candidate>();

    /// <summary>Of the bodies, in KiB.</summary>
    public IReadOnlyList<int> Sizes { get; private init; } = [1, 16, 256];

    /// <summary>That carry the tag which is evicted.</summary>
    public int Responses { get; private init; } = 100_000;

    /// <summary>That the calls of the data cache use in turn.</summary>
    public int Keys { get; private init; } = 1;

    /// <summary>Where the tables are kept as well, a file that is written anew.</summary>
    public string? Markdown { get; private init; }

    /// <summary>Where the ratios are drawn, a file that is written anew.</summary>
    public string? Svg { get; private init; }

    /// <summary>How it was measured, for the head of a report.</summary>
    public string Manner =>
        $"{Environment.ProcessorCount} cores, {Rounds} rounds of {Seconds} s; ratios are medians of those round by round, in brackets the lowest and the highest.";

    /// <param name="arguments">Names, each followed by its value.</param>
    /// <param name="known">The names that this command heeds.</param>
    /// <exception cref="WrongArgumentException">An argument means nothing.</exception>
    public static Settings Parse(string[] arguments, params string[] known) => arguments.Chunk(2).Aggregate(
        new Settings(),
        (settings, pair) => pair is [var name, var value] && known.Contains(name)
            ? settings.With(name, value)
            : throw new WrongArgumentException($"'{string.Join(' ', pair)}' means nothing here; there are {string.Join(", ", known)}, each followed by a value."));

    private Settings With(string name, string value) => name switch
    {
        "--rounds" => this with { Rounds = Number(value) },
        "--seconds" => this with { Seconds = Number(value) },
        "--candidates" => this with { Candidates = [.. value.Split(',').Select(CandidateNamed)] },
        "--sizes" => this with { Sizes = [.. value.Split(',').Select(Number)] },
        "--responses" => this with { Responses = Number(value) },
        "--keys" => this with { Keys = Number(value) },
        "--markdown" => this with { Markdown = value },
        "--svg" => this with { Svg = value },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static Candidate CandidateNamed(string text) => Enum.TryParse<Candidate>(text, ignoreCase: true, out var candidate) && Enum.IsDefined(candidate)
        ? candidate
        : throw new WrongArgumentException($"'{text}' is no candidate; there are {string.Join(", ", Enum.GetNames<Candidate>())}.");

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new WrongArgumentException($"'{text}' is not a number above zero.");
}

/// <summary>What was typed is not what a command takes; the message is for who typed it.</summary>
internal sealed class WrongArgumentException(string message) : ArgumentException(message);
