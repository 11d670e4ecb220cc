namespace RedisExpiryCache.Testing;

/// <summary>A Redis server inside this process: executes one command at a time, and its clock is the application's.</summary>
internal sealed class InMemoryServer : IDisposable
{
    private readonly Lock gate = new();
    private readonly Keyspace keys;
    private readonly CommandTable commands;
    private readonly ScriptEngine scripts;
    private bool isDisposed;

    public InMemoryServer(TimeProvider time)
    {
        keys = new Keyspace(time);
        commands = new CommandTable(keys);
        scripts = new ScriptEngine(words => TryExecute(words, commands.Execute));
    }

    /// <summary>The keys that have a value, as text.</summary>
    public string[] KeysWith(string prefix)
    {
        lock (gate)
            return [.. keys.Names.Select(Words.TextOf).Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];
    }

    public Reply Execute(Words words)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return TryExecute(words, Dispatch);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            scripts.Dispose();
        }
    }

    private Reply Dispatch(Words words) => words.Name switch
    {
        "EVAL" when words.Count > 2 => scripts.Evaluate(words),
        "EVALSHA" when words.Count > 2 => scripts.EvaluateHash(words),
        "SCRIPT" when words.Count > 1 => scripts.Script(words),
        _ => commands.Execute(words),
    };

    private static Reply TryExecute(Words words, Func<Words, Reply> execute)
    {
        try
        {
            return execute(words);
        }
        catch (CommandException refusal)
        {
            return new Reply.Error(refusal.Message);
        }
    }
}
