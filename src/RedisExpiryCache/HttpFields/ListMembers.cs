using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.HttpFields;

/// <summary>
/// The members of a list field, RFC 9110 5.6.1: split at commas outside quoted strings, without the whitespace around them.
/// Each line stands alone, and a quote within a word or without an end is an ordinary character, so that no stray quote swallows what
/// is behind it.
/// Empty members are given too; who reads a list skips them.
/// </summary>
internal ref struct ListMembers(StringValues lines)
{
    private int _line = -1;
    private ReadOnlySpan<char> _rest;
    private bool _lineEnded = true;
    private bool _quoteUnclosed;

    public ReadOnlySpan<char> Current { get; private set; }

    public readonly ListMembers GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_lineEnded)
        {
            if (++_line >= lines.Count)
                return false;
            _rest = lines[_line];
            _quoteUnclosed = false;
        }

        var end = EndOfMember(_rest);
        _lineEnded = end == _rest.Length;
        Current = _rest[..end].Trim(" \t");
        _rest = _lineEnded ? default : _rest[(end + 1)..];
        return true;
    }

    private int EndOfMember(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length && text[i] != ',')
            i = OpensQuotedString(text, i) ? AfterQuotedString(text, i) : i + 1;
        return i;
    }

    private readonly bool OpensQuotedString(ReadOnlySpan<char> text, int i) =>
        text[i] == '"' && !_quoteUnclosed && (i == 0 || !Token.IsToken(text[(i - 1)..i]));

    private int AfterQuotedString(ReadOnlySpan<char> text, int open)
    {
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return i + 1;
            if (text[i] == '\\')
                i++;
        }

        // Every quote behind this one is an escaped one, so none of them closes either: looking again would cost length squared.
        _quoteUnclosed = true;
        return open + 1;
    }
}
