using System.Text.RegularExpressions;

namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>One file and the two readings of it that rules need.</summary>
/// <param name="Path">From the root of the repository, with forward slashes.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    /// <summary>Without comments: what the compiler sees.</summary>
    public string Code { get; } = Tokens().Replace(Text, token => IsComment(token.Value) ? " " : token.Value);

    /// <summary>Without comments and without the contents of strings: what is named, not what is talked about.</summary>
    public string Names { get; } = Tokens().Replace(Text, token => IsComment(token.Value) ? " " : "\"\"");

    public int Lines => Text.AsSpan().Count('\n');

    private static bool IsComment(string token) => token.StartsWith('/');

    // Raw strings, verbatim strings, strings, characters, line comments, block comments: whichever starts first.
    [GeneratedRegex(
        """"
        "{3,}.*?"{3,}|\$?@\$?"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.[^'\n]*|[^'\\\n])'|//[^\n]*|/\*.*?\*/
        """", RegexOptions.Singleline)]
    private static partial Regex Tokens();
}
