namespace RedisExpiryCache.HttpFields;

/// <summary>One member of a Cache-Control field, RFC 9111 5.2: a name, and perhaps an argument as a token or a quoted string.</summary>
internal readonly ref struct Directive
{
    private readonly ReadOnlySpan<char> _name;
    private readonly ReadOnlySpan<char> _afterName;

    private Directive(ReadOnlySpan<char> name, ReadOnlySpan<char> afterName)
    {
        _name = name;
        _afterName = afterName;
    }

    public static Directive Parse(ReadOnlySpan<char> member)
    {
        var name = Token.Leading(member);
        return new Directive(name, member[name.Length..]);
    }

    /// <summary>A name and nothing else.</summary>
    public bool IsBare => _afterName.IsEmpty;

    /// <summary>The argument as delta-seconds; null when it is missing or anything else, even with a space around the "=".</summary>
    public TimeSpan? Seconds =>
        _afterName is ['=', .. var argument] && DeltaSeconds.TryParse(Unquote(argument), out var seconds) ? seconds : null;

    /// <summary>The argument as a list of field names; null when there is none, or anything else in it.</summary>
    public string[]? FieldNames
    {
        get
        {
            if (_afterName is not ['=', .. var argument])
                return null;

            var names = new List<string>();
            foreach (var part in Unquote(argument).ToString().Split(','))
            {
                var name = part.AsSpan().Trim(" \t");
                if (Token.IsToken(name))
                    names.Add(name.ToString());
                else if (!name.IsEmpty)
                    return null;
            }

            return names.Count == 0 ? null : [.. names];
        }
    }

    public bool Is(string name) => _name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> argument) => argument is ['"', .. var inside, '"'] ? inside : argument;
}
