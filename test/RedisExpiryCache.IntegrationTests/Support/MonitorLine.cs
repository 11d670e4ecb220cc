using System.Globalization;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One executed command as MONITOR shows it: <c>1339518083.107412 [0 127.0.0.1:60866] "set" "key" "value"</c>.</summary>
/// <param name="Text">The line as it came.</param>
/// <param name="Source">The client's address, or "lua".</param>
/// <param name="Words">The command and its arguments, unescaped: one character a byte.</param>
public sealed record MonitorLine(string Text, string Source, IReadOnlyList<string> Words)
{
    /// <summary>In upper case.</summary>
    public string Command => Words[0].ToUpperInvariant();

    /// <summary>Called by a script on the server; the client sent only the script.</summary>
    public bool IsLua => Source == "lua";

    public override string ToString() => Text;

    public static MonitorLine Parse(string text)
    {
        var open = text.IndexOf('[');
        var close = text.IndexOf("] \"", StringComparison.Ordinal);
        var source = text[(text.IndexOf(' ', open) + 1)..close];
        return new MonitorLine(text, source, Unquote(text, close + 2));
    }

    private static List<string> Unquote(string text, int start)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inside = false;
        for (var at = start; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"' when inside:
                    words.Add(word.ToString());
                    word.Clear();
                    inside = false;
                    break;
                case '"':
                    inside = true;
                    break;
                case '\\':
                    word.Append(Unescape(text, ref at));
                    break;
                case var plain when inside:
                    word.Append(plain);
                    break;
            }
        }

        return words;
    }

    private static char Unescape(string text, ref int at)
    {
        at++;
        switch (text[at])
        {
            case 'x':
                var value = byte.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                at += 2;
                return (char)value;
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'a': return '\a';
            case 'b': return '\b';
            case var itself: return itself;
        }
    }
}
