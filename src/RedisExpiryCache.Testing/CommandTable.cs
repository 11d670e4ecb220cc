using System.Globalization;
using System.Text;

namespace RedisExpiryCache.Testing;

/// <summary>The commands that the library sends, by name.</summary>
internal sealed class CommandTable
{
    private readonly Keyspace keys;
    private readonly Dictionary<string, Command> commands;

    public CommandTable(Keyspace keys)
    {
        this.keys = keys;
        commands = new Dictionary<string, Command>(StringComparer.Ordinal)
        {
            ["PING"] = new(1, static words => words.Count > 1 ? Reply.Of(words[1]) : new Reply.Status("PONG")),
            ["ECHO"] = new(2, static words => Reply.Of(words[1])),
            ["SELECT"] = new(2, static words => words.Number(1) == 0 ? Reply.Ok : throw new CommandException("ERR DB index is out of range")),
            ["CLIENT"] = new(2, Client),
            ["TIME"] = new(1, _ => Time()),

            ["EXISTS"] = new(2, words => new Reply.Integer(words.Keys(1).Count(keys.Exists))),
            ["DEL"] = new(2, words => new Reply.Integer(words.Keys(1).Count(keys.Remove))),
            ["UNLINK"] = new(2, words => new Reply.Integer(words.Keys(1).Count(keys.Remove))),
            ["TYPE"] = new(2, words => new Reply.Status(keys.TypeOf(words.Key(1)))),
            ["PTTL"] = new(2, words => new Reply.Integer(keys.TimeToLiveMs(words.Key(1)))),
            ["PEXPIRE"] = new(3, words => Expire(words.Key(1), words.Number(2))),
            ["EXPIRE"] = new(3, words => Expire(words.Key(1), Milliseconds(words.Number(2)))),
            ["PERSIST"] = new(2, words => Reply.Of(keys.Persist(words.Key(1)))),

            ["GET"] = new(2, words => Reply.Of(keys.Get<byte[]>(words.Key(1)))),
            ["MGET"] = new(2, words => Reply.Of(words.Keys(1).Select(TextOrNull))),
            ["GETRANGE"] = new(4, words => Reply.Of(Range(keys.Get<byte[]>(words.Key(1)) ?? [], words.Number(2), words.Number(3)))),
            ["SET"] = new(3, Set),

            ["LPUSH"] = new(3, Push),
            ["HSET"] = new(4, HashSet),
            ["HGET"] = new(3, words => Reply.Of(Hash(words.Key(1)).GetValueOrDefault(words.Key(2)))),
            ["HMGET"] = new(3, words => Fields(Hash(words.Key(1)), words.Keys(2))),
            ["HEXISTS"] = new(3, words => Reply.Of(Hash(words.Key(1)).ContainsKey(words.Key(2)))),
        };
    }

    // The name counts as a word.
    private sealed record Command(int MinimumWords, Func<Words, Reply> Execute);

    /// <exception cref="CommandException">The command is refused.</exception>
    public Reply Execute(Words words)
    {
        var name = words.Name;
        if (!commands.TryGetValue(name, out var command))
            throw new CommandException($"ERR unknown command '{name}' (RedisExpiryCache.Testing)");

        return words.Count >= command.MinimumWords
            ? command.Execute(words)
            : throw new CommandException($"ERR wrong number of arguments for '{name.ToLowerInvariant()}' command");
    }

    private static Reply Client(Words words) => words.Upper(1) switch
    {
        "SETNAME" or "SETINFO" => Reply.Ok,
        "ID" => new Reply.Integer(1),
        var other => throw new CommandException($"ERR unknown command 'CLIENT {other}' (RedisExpiryCache.Testing)"),
    };

    private static long Milliseconds(long seconds) =>
        Math.Abs(seconds) <= long.MaxValue / 1000 ? seconds * 1000 : throw new CommandException("ERR invalid expire time");

    private static Reply Fields(Dictionary<string, byte[]> hash, IEnumerable<string> names) =>
        Reply.Of(names.Select(name => hash.GetValueOrDefault(name)));

    private static byte[] Range(byte[] value, long from, long to)
    {
        var first = Math.Max(from < 0 ? value.Length + from : from, 0);
        var last = Math.Min(to < 0 ? value.Length + to : to, value.Length - 1);
        return first <= last ? value[(int)first..((int)last + 1)] : [];
    }

    private Reply Time()
    {
        var (seconds, ticks) = Math.DivRem(keys.Now.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, TimeSpan.TicksPerSecond);
        return Reply.Of([Text(seconds), Text(ticks / TimeSpan.TicksPerMicrosecond)]);

        static byte[] Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A time to live that is over deletes the key.</summary>
    private Reply Expire(string key, long ttlMs) => Reply.Of(ttlMs > 0 ? keys.Expire(key, ttlMs) : keys.Remove(key));

    /// <summary>Like MGET, to which a value of another type is none.</summary>
    private byte[]? TextOrNull(string key) => keys.TypeOf(key) == "string" ? keys.Get<byte[]>(key) : null;

    private Dictionary<string, byte[]> Hash(string key) => keys.Get<Dictionary<string, byte[]>>(key) ?? [];

    private Reply.Integer HashSet(Words words)
    {
        if (words.Count % 2 != 0)
            throw new CommandException("ERR wrong number of arguments for 'hset' command");

        var (hash, added) = (keys.HashToChange(words.Key(1)), 0);
        for (var i = 2; i < words.Count; i += 2)
        {
            added += hash.ContainsKey(words.Key(i)) ? 0 : 1;
            hash[words.Key(i)] = words[i + 1];
        }

        return new Reply.Integer(added);
    }

    /// <summary>The library has no lists; a key may hold one that something else has written.</summary>
    private Reply.Integer Push(Words words)
    {
        var list = keys.Get<List<byte[]>>(words.Key(1)) ?? [];
        list.InsertRange(0, words.Slice(2, words.Count).Reverse());
        if (!keys.Exists(words.Key(1)))
            keys.Set(words.Key(1), list, ttlMs: null);

        return new Reply.Integer(list.Count);
    }

    private Reply Set(Words words)
    {
        var key = words.Key(1);
        var (ttlMs, isAllowed) = ((long?)null, true);
        for (var i = 3; i < words.Count; i++)
        {
            switch (words.Upper(i))
            {
                case "NX":
                    isAllowed = !keys.Exists(key);
                    break;
                case "XX":
                    isAllowed = keys.Exists(key);
                    break;
                case "PX" when i + 1 < words.Count:
                    ttlMs = Positive(words.Number(++i));
                    break;
                case "EX" when i + 1 < words.Count:
                    ttlMs = Positive(Milliseconds(words.Number(++i)));
                    break;
                default:
                    throw CommandException.Syntax();
            }
        }

        if (!isAllowed)
            return Reply.Nil;

        keys.Set(key, words[2], ttlMs);
        return Reply.Ok;

        static long Positive(long ttlMs) => ttlMs > 0 ? ttlMs : throw new CommandException("ERR invalid expire time in 'set' command");
    }
}
