using System.Text.RegularExpressions;

namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>Patterns of what the house does not want, and the one way to look for them.</summary>
internal static partial class Rule
{
    public static void FailsWhere(IEnumerable<SourceFile> files, Func<SourceFile, bool> broken, string remedy)
    {
        var offenders = files.Where(broken).Select(file => file.Path).ToList();
        Assert.True(offenders.Count == 0, $"{remedy}{Environment.NewLine}{string.Join(Environment.NewLine, offenders)}");
    }

    /// <summary>A whole word, also as part of a dotted name.</summary>
    public static bool Says(string code, string word) => Regex.IsMatch(code, $@"\b{Regex.Escape(word)}\b");

    /// <summary>A catch that does nothing at all. A comment does nothing either.</summary>
    [GeneratedRegex(@"\bcatch\b[^{}]*\{\s*\}")]
    public static partial Regex EmptyCatch();

    /// <summary>KEYS and SCAN by a client's method, as a command, or from a script. KEYS[1] in a script is something else.</summary>
    [GeneratedRegex(
        """
        \.Keys(?:Async)?\s*\(
        |["'](?:KEYS|SCAN)["']
        |(?i:\b(?:p?call|Execute|ExecuteAsync)\s*\(\s*\\?["'](?:keys|scan)\\?["'])
        """, RegexOptions.IgnorePatternWhitespace)]
    public static partial Regex KeyWalk();

    [GeneratedRegex(@"\bSkip(?:When|Unless)?\s*=|\bAssert\s*\.\s*Skip\w*\s*\(")]
    public static partial Regex SkippedTest();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b")]
    public static partial Regex Sleep();
}
