using System.Buffers;
using System.Globalization;
using System.Text;

namespace RedisExpiryCache.HttpFields;

/// <summary>
/// Reads a structured field from front to back, RFC 9651 4.2. After a method has returned false the reader stands anywhere: the field is
/// to be given up.
/// </summary>
internal ref struct StructuredReader(ReadOnlySpan<char> text)
{
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digit = "0123456789";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Digit);
    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(Lower + Digit + "_-.*");
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(Lower + Upper + Digit + "!#$%&'*+-.^_`|~:/");

    private ReadOnlySpan<char> _rest = text;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>The comma between two members, and the whitespace around it.</summary>
    public bool TryTakeComma()
    {
        _rest = _rest.TrimStart(" \t");
        var taken = TryTake(',');
        _rest = _rest.TrimStart(" \t");
        return taken;
    }

    /// <summary>One member of a dictionary, RFC 9651 4.2.2: a key without a value is true.</summary>
    public bool TryReadEntry(out string key, out StructuredValue value)
    {
        value = new(StructuredKind.Boolean, 1, null);
        return TryReadKey(out key) && (TryTake('=') ? TryReadMember(out value) : TrySkipParameters());
    }

    /// <summary>One member of a list, RFC 9651 4.2.1.1: an item or an inner list, with its parameters.</summary>
    public bool TryReadMember(out StructuredValue value)
    {
        value = new(StructuredKind.InnerList, 0, null);
        return (TryTake('(') ? TrySkipInnerList() : TryReadBareItem(out value)) && TrySkipParameters();
    }

    // RFC 9651 4.2.1.2, from behind the parenthesis
    private bool TrySkipInnerList()
    {
        _rest = _rest.TrimStart(' ');
        while (!TryTake(')'))
        {
            if (!TryReadBareItem(out _) || !TrySkipParameters() || _rest is not [' ' or ')', ..])
                return false;
            _rest = _rest.TrimStart(' ');
        }

        return true;
    }

    // RFC 9651 4.2.3.2
    private bool TrySkipParameters()
    {
        while (TryTake(';'))
        {
            _rest = _rest.TrimStart(' ');
            if (!TryReadKey(out _) || (TryTake('=') && !TryReadBareItem(out _)))
                return false;
        }

        return true;
    }

    // RFC 9651 4.2.3.3
    private bool TryReadKey(out string key)
    {
        var isKey = _rest is ['*' or (>= 'a' and <= 'z'), ..];
        key = isKey ? TakeAll(KeyCharacters).ToString() : "";
        return isKey;
    }

    // RFC 9651 4.2.3.1
    private bool TryReadBareItem(out StructuredValue value)
    {
        value = default;
        return _rest is [var first, ..] && first switch
        {
            '-' or (>= '0' and <= '9') => TryReadNumber(out value),
            '"' => TryReadString(out value),
            '*' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => TryReadToken(out value),
            ':' => TryReadByteSequence(out value),
            '?' => TryReadBoolean(out value),
            '@' => TryReadDate(out value),
            '%' => TryReadDisplayString(out value),
            _ => false,
        };
    }

    // RFC 9651 4.2.4
    private bool TryReadNumber(out StructuredValue value)
    {
        value = default;
        var written = _rest;
        TryTake('-');
        var whole = TakeAll(Digits);
        if (!TryTake('.'))
        {
            if (whole.Length is 0 or > 15)
                return false;
            value = new(StructuredKind.Integer, long.Parse(Taken(written), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), null);
            return true;
        }

        var fraction = TakeAll(Digits);
        value = new(StructuredKind.Decimal, 0, Taken(written).ToString());
        return whole.Length is > 0 and <= 12 && fraction.Length is > 0 and <= 3;
    }

    // RFC 9651 4.2.5
    private bool TryReadString(out StructuredValue value)
    {
        value = default;
        var text = new StringBuilder();
        for (var i = 1; i < _rest.Length; i++)
        {
            if (_rest[i] == '"')
            {
                value = new(StructuredKind.String, 0, text.ToString());
                _rest = _rest[(i + 1)..];
                return true;
            }

            if (_rest[i] == '\\' && (++i == _rest.Length || _rest[i] is not ('"' or '\\')))
                return false;
            if (_rest[i] is < ' ' or > '~')
                return false;
            text.Append(_rest[i]);
        }

        return false;
    }

    // RFC 9651 4.2.6
    private bool TryReadToken(out StructuredValue value)
    {
        value = new(StructuredKind.Token, 0, TakeAll(TokenCharacters).ToString());
        return true;
    }

    // RFC 9651 4.2.7
    private bool TryReadByteSequence(out StructuredValue value)
    {
        TryTake(':');
        var isEnclosed = TryTakeUpTo(':', out var content);
        value = new(StructuredKind.ByteSequence, 0, content.ToString());
        return isEnclosed && StructuredText.IsBase64(content);
    }

    // RFC 9651 4.2.8
    private bool TryReadBoolean(out StructuredValue value)
    {
        TryTake('?');
        var isTrue = TryTake('1');
        value = new(StructuredKind.Boolean, isTrue ? 1 : 0, null);
        return isTrue || TryTake('0');
    }

    // RFC 9651 4.2.9
    private bool TryReadDate(out StructuredValue value)
    {
        TryTake('@');
        var isInteger = TryReadNumber(out var number) && number.Kind == StructuredKind.Integer;
        value = number with { Kind = StructuredKind.Date };
        return isInteger;
    }

    // RFC 9651 4.2.10
    private bool TryReadDisplayString(out StructuredValue value)
    {
        value = default;
        TryTake('%');
        if (!TryTake('"') || !TryTakeUpTo('"', out var content) || !StructuredText.TryDecodeDisplayString(content, out var decoded))
            return false;

        value = new(StructuredKind.DisplayString, 0, decoded);
        return true;
    }

    private bool TryTake(char expected)
    {
        if (_rest.IsEmpty || _rest[0] != expected)
            return false;
        _rest = _rest[1..];
        return true;
    }

    private ReadOnlySpan<char> TakeAll(SearchValues<char> allowed)
    {
        var from = _rest;
        var end = _rest.IndexOfAnyExcept(allowed);
        _rest = end < 0 ? default : _rest[end..];
        return Taken(from);
    }

    /// <summary>What is before the delimiter; the delimiter is taken too.</summary>
    private bool TryTakeUpTo(char delimiter, out ReadOnlySpan<char> content)
    {
        var end = _rest.IndexOf(delimiter);
        content = end < 0 ? default : _rest[..end];
        _rest = _rest[(end + 1)..];
        return end >= 0;
    }

    private readonly ReadOnlySpan<char> Taken(ReadOnlySpan<char> from) => from[..^_rest.Length];
}
