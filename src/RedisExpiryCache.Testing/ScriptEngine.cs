using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KeraLua;

namespace RedisExpiryCache.Testing;

/// <summary>Runs Lua scripts as Redis does: EVAL, EVALSHA and SCRIPT.</summary>
/// <remarks>
/// Lua itself is the interpreter, so that the library's own scripts run unchanged. Redis has Lua 5.1 and this is 5.4, which has
/// integers; the scripts format their numbers so that both give the same, and Garnet runs them on 5.4 as well.
/// </remarks>
internal sealed class ScriptEngine : IDisposable
{
    // An error must not be raised in managed code: Lua would jump over its frames.
    private static readonly byte[] Prelude = Encoding.ASCII.GetBytes("""
        local execute = ...
        redis = { pcall = execute }
        function redis.call(...)
          local reply = execute(...)
          if type(reply) == 'table' and reply.err then error(reply, 0) end
          return reply
        end
        """);

    private readonly Lua lua = new() { Encoding = Encoding.Latin1 };
    private readonly Dictionary<string, int> scripts = new(StringComparer.Ordinal);
    private readonly Func<Words, Reply> execute;

    // Lua calls it for as long as the state lives.
    private readonly LuaFunction callback;

    /// <param name="execute">Executes a command of a script; throws nothing.</param>
    public ScriptEngine(Func<Words, Reply> execute)
    {
        this.execute = execute;
        callback = _ => Call();
        Load(Prelude, "prelude");
        lua.PushCFunction(callback);
        lua.Call(1, 0);
    }

    public void Dispose() => lua.Dispose();

    /// <summary>EVAL script numkeys key … arg ….</summary>
    public Reply Evaluate(Words words) => Run(ReferenceOf(words[1]), words);

    /// <summary>EVALSHA sha1 numkeys key … arg ….</summary>
    public Reply EvaluateHash(Words words) => scripts.TryGetValue(words.Text(1).ToLowerInvariant(), out var reference)
        ? Run(reference, words)
        : throw new CommandException("NOSCRIPT No matching script. Please use EVAL.");

    /// <summary>SCRIPT LOAD and SCRIPT EXISTS.</summary>
    public Reply Script(Words words)
    {
        switch (words.Upper(1))
        {
            case "LOAD" when words.Count == 3:
                ReferenceOf(words[2]);
                return Reply.Of(Encoding.ASCII.GetBytes(HashOf(words[2])));
            case "EXISTS":
                return new Reply.Array([.. words.Keys(2).Select(hash => Reply.Of(scripts.ContainsKey(hash.ToLowerInvariant())))]);
            case var other:
                throw new CommandException($"ERR unknown command 'SCRIPT {other}' (RedisExpiryCache.Testing)");
        }
    }

    private static string HashOf(byte[] script)
    {
#pragma warning disable CA5350 // Redis names scripts by it.
        return Convert.ToHexStringLower(SHA1.HashData(script));
#pragma warning restore CA5350
    }

    private int ReferenceOf(byte[] script)
    {
        var hash = HashOf(script);
        if (scripts.TryGetValue(hash, out var reference))
            return reference;

        Load(script, $"@{hash}");
        return scripts[hash] = lua.Ref(LuaRegistry.Index);
    }

    private void Load(byte[] script, string name)
    {
        if (lua.LoadBuffer(script, name) == LuaStatus.OK)
            return;

        var message = lua.ToString(-1);
        lua.SetTop(0);
        throw new CommandException($"ERR Error compiling script: {message}");
    }

    private Reply Run(int reference, Words words)
    {
        var keyCount = words.Number(2);
        if (keyCount < 0 || keyCount > words.Count - 3)
            throw new CommandException("ERR Number of keys can't be greater than number of args");

        var firstArgument = 3 + (int)keyCount;
        SetGlobal("KEYS", words.Slice(3, firstArgument));
        SetGlobal("ARGV", words.Slice(firstArgument, words.Count));
        lua.RawGetInteger(LuaRegistry.Index, reference);
        try
        {
            return lua.PCall(0, 1, 0) == LuaStatus.OK ? ReplyAt(-1) : ErrorAt(-1);
        }
        finally
        {
            lua.SetTop(0);
        }
    }

    private void SetGlobal(string name, byte[][] values)
    {
        lua.CreateTable(values.Length, 0);
        for (var i = 0; i < values.Length; i++)
        {
            lua.PushBuffer(values[i]);
            lua.RawSetInteger(-2, i + 1);
        }

        lua.SetGlobal(name);
    }

    /// <summary>A command of the script; its words are all that is on the stack.</summary>
    private int Call()
    {
        Push(TryReadWords() is { Length: > 0 } words
            ? execute(new Words(words))
            : new Reply.Error("ERR Lua redis lib command arguments must be strings or integers"));
        return 1;
    }

    private byte[][]? TryReadWords()
    {
        var words = new byte[lua.GetTop()][];
        for (var i = 0; i < words.Length; i++)
        {
            if (WordAt(i + 1) is not { } word)
                return null;

            words[i] = word;
        }

        return words;
    }

    private byte[]? WordAt(int index) => lua.Type(index) switch
    {
        LuaType.String => lua.ToBuffer(index, callMetamethod: false) ?? [],
        LuaType.Number when lua.IsInteger(index) => Encoding.ASCII.GetBytes(lua.ToInteger(index).ToString(CultureInfo.InvariantCulture)),
        LuaType.Number => Encoding.ASCII.GetBytes(lua.ToNumber(index).ToString("G17", CultureInfo.InvariantCulture)),
        _ => null,
    };

    private void Push(Reply reply)
    {
        lua.CheckStack(3);
        switch (reply)
        {
            case Reply.Integer integer:
                lua.PushInteger(integer.Value);
                break;
            case Reply.Bulk { Value: { } value }:
                lua.PushBuffer(value);
                break;
            case Reply.Status status:
                PushNamed("ok", status.Text);
                break;
            case Reply.Error error:
                PushNamed("err", error.Text);
                break;
            case Reply.Array array:
                PushItems(array.Items);
                break;
            default:
                lua.PushBoolean(false);
                break;
        }
    }

    private void PushNamed(string name, string text)
    {
        lua.CreateTable(0, 1);
        lua.PushString(text);
        lua.SetField(-2, name);
    }

    private void PushItems(Reply[] items)
    {
        lua.CreateTable(items.Length, 0);
        for (var i = 0; i < items.Length; i++)
        {
            Push(items[i]);
            lua.RawSetInteger(-2, i + 1);
        }
    }

    private Reply ReplyAt(int index) => lua.Type(index) switch
    {
        LuaType.Number => new Reply.Integer(lua.IsInteger(index) ? lua.ToInteger(index) : (long)lua.ToNumber(index)),
        LuaType.String => Reply.Of(lua.ToBuffer(index, callMetamethod: false) ?? []),
        LuaType.Boolean when lua.ToBoolean(index) => new Reply.Integer(1),
        LuaType.Table => TableAt(lua.AbsIndex(index)),
        _ => Reply.Nil,
    };

    private Reply TableAt(int index)
    {
        if (FieldOf(index, "err") is { } error)
            return new Reply.Error(error);

        return FieldOf(index, "ok") is { } status ? new Reply.Status(status) : new Reply.Array([.. ItemsOf(index)]);
    }

    /// <summary>Up to the first that is nil.</summary>
    private IEnumerable<Reply> ItemsOf(int index)
    {
        lua.CheckStack(3);
        for (var i = 1; lua.RawGetInteger(index, i) != LuaType.Nil; i++)
        {
            var item = ReplyAt(-1);
            lua.Pop(1);
            yield return item;
        }

        lua.Pop(1);
    }

    private string? FieldOf(int index, string name)
    {
        lua.PushString(name);
        var text = lua.RawGet(index) == LuaType.String ? lua.ToString(-1) : null;
        lua.Pop(1);
        return text;
    }

    private Reply.Error ErrorAt(int index) => new(
        lua.Type(index) == LuaType.Table && FieldOf(lua.AbsIndex(index), "err") is { } error
            ? error
            : $"ERR Error running script: {lua.ToString(index)}");
}
