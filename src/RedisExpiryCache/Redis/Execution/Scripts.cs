using System.Security.Cryptography;
using System.Text;
using RedisExpiryCache.Redis.Entries;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

// What has to be one step at the server, and to go by the server's clock. Each script names one key, so it runs on a cluster; it
// reads the layouts of CompactEntryCodec and MicrosoftEntryFields. The client library sends a script by its hash and loads it when need be.
internal static class Scripts
{
    // A sliding entry, of either layout: its window and its end in milliseconds (end: the last moment there is, when it has none).
    private const string Prologue = """
        local function number(s, at)
          local n = 0
          for i = at + 7, at, -1 do n = n * 256 + string.byte(s, i) end
          return n
        end
        local function now()
          local t = redis.call('TIME')
          return t[1] * 1000 + math.floor(t[2] / 1000)
        end
        local function integer(n) return string.format('%.0f', n) end

        """;

    /// <summary>
    /// PEXPIRE by the entry's own rule, whatever entry is there at that moment: so a slide that rides behind a read and comes late, after
    /// the key was written anew, can only give the new entry what it would have got from a read of its own. ARGV: how many ms ago it was
    /// read, and how many ms it has to gain at least, or '' for both: just now, and whatever that means. Returns the time that it gave and
    /// the tag stamps of an entry without an end, if it has any; else nothing.
    /// </summary>
    private const string SlideScript = Prologue + """
        local window
        local tags = ''
        local furthest = 253402300799999
        local last = furthest
        local head = redis.pcall('GETRANGE', KEYS[1], 0, 23)
        if type(head) == 'table' then
          local fields = redis.pcall('HMGET', KEYS[1], 'absexp', 'sldexp', 'tags')
          if fields.err or not fields[2] then return false end
          local ticks, ends = tonumber(fields[2]), tonumber(fields[1] or '-1')
          if not ticks or ticks <= 0 then return false end
          window = math.floor(ticks / 10000)
          if ends and ends >= 0 then last = math.floor((ends - 621355968000000000) / 10000) else tags = fields[3] or '' end
        else
          if #head < 14 or string.byte(head, 1) ~= 192 then return false end
          local flags = string.byte(head, 2)
          if flags % 2 == 0 or flags >= 8 then return false end
          window = number(head, 7)
          if flags % 4 >= 2 then
            if #head < 22 then return false end
            last = number(head, 15)
          elseif flags >= 4 and #head >= 24 then
            tags = redis.call('GETRANGE', KEYS[1], 24, 23 + string.byte(head, 23) + 256 * string.byte(head, 24))
          end
        end
        if ARGV[1] ~= '' then window = window - ARGV[1] end
        if last < furthest then window = math.min(window, last - now()) else window = math.min(window, 250000000000000) end
        if ARGV[2] ~= '' then
          local left = redis.call('PTTL', KEYS[1])
          if left < 0 or window < left + ARGV[2] then return false end
        end
        redis.call('PEXPIRE', KEYS[1], integer(window))
        return tags ~= '' and {integer(window), tags}
        """;

    // ARGV: the new head of an untagged and of a tagged entry, the time to live in ms or '', absexp and sldexp for Microsoft's layout.
    // Returns the entry's tag stamps ('' for none); nil when there is no entry.
    private const string ExpireScript = Prologue + """
        local ttl = ARGV[3]
        local value = redis.pcall('GET', KEYS[1])
        if not value then return false end
        if type(value) == 'table' then
          local data = redis.pcall('HEXISTS', KEYS[1], 'data')
          if data ~= 1 then return false end
          redis.call('HSET', KEYS[1], 'absexp', ARGV[4], 'sldexp', ARGV[5])
          if ttl == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ttl) end
          return redis.call('HGET', KEYS[1], 'tags') or ''
        end
        if #value < 14 or string.byte(value, 1) ~= 192 then return false end
        local flags = string.byte(value, 2)
        if flags >= 8 then return false end
        local size = 6
        if flags % 2 >= 1 then size = size + 8 end
        if flags % 4 >= 2 then size = size + 8 end
        local head, tags = ARGV[1], ''
        if flags % 8 >= 4 and #value >= size + 10 then
          head = ARGV[2]
          tags = string.sub(value, size + 11, size + 10 + string.byte(value, size + 9) + 256 * string.byte(value, size + 10))
        end
        value = head .. string.sub(value, size + 1)
        if ttl == '' then redis.call('SET', KEYS[1], value) else redis.call('SET', KEYS[1], value, 'PX', ttl) end
        return tags
        """;

    /// <summary>
    /// Time left in ms (-1 none), the server's now in ms, the entry's beginning with its tag stamps; or Microsoft's fields instead.
    /// </summary>
    private const string LifetimeScript = Prologue + """
        local left = redis.call('PTTL', KEYS[1])
        if left == -2 then return {} end
        local time = integer(now())
        local head = redis.pcall('GETRANGE', KEYS[1], 0, 31)
        if type(head) == 'table' then
          local fields = redis.pcall('HMGET', KEYS[1], 'absexp', 'sldexp', 'tags')
          if fields.err or redis.call('HEXISTS', KEYS[1], 'data') == 0 then return {} end
          return {left, time, '', fields[1] or '', fields[2] or '', fields[3] or ''}
        end
        if #head >= 2 and string.byte(head, 1) == 192 then
          local flags = string.byte(head, 2)
          if flags % 8 >= 4 then
            local at = 14
            if flags % 2 >= 1 then at = at + 8 end
            if flags % 4 >= 2 then at = at + 8 end
            if #head >= at + 2 then
              head = redis.call('GETRANGE', KEYS[1], 0, at + 1 + string.byte(head, at + 1) + 256 * string.byte(head, at + 2))
            end
          end
        end
        return {left, time, head}
        """;

    // ARGV: absexp, sldexp, data, the time to live in ms or '', tags or ''. Microsoft's own provider does this as two commands. PEXPIRE
    // comes first too, where it does nothing that lasts: a user who may not use it is to be refused before anything is written, for a
    // script that fails takes nothing back.
    private const string SetMicrosoftScript = """
        if ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'absexp', ARGV[1], 'sldexp', ARGV[2], 'data', ARGV[3])
        if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'tags', ARGV[5]) end
        if ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
        return 1
        """;

    // A generation is made to last longer only where it falls short by that much, of the Slack that it has: each time is a write that all
    // processes are told of, and without this the key that all responses hang on would be written with each of them.
    private const string Tolerance = "local minute = 60000\n";

    // The form of a generation, as GenerationValue.IsGeneration has it: where the note behind its ids begins; nil for anything else.
    private const string NoteOfGeneration = """
        local id = string.rep('[A-Za-z0-9_%-]', 16)
        local function note_of(value)
          if type(value) ~= 'string' or not string.find(value, '^' .. id) then return nil end
          local at = 17
          while string.find(value, '^~' .. id, at) do at = at + 17 end
          local note = string.sub(value, at)
          if note == '' or string.find(note, '^' .. id .. '$') or string.find(note, '^|[\n -~]*$') then return at end
          return nil
        end

        """;

    // ARGV: the id to take when there is none, or something else than a generation; the time in ms that it has to last at least.
    // Returns the generation; the new id in an array, where it has replaced something else.
    private const string GenerationScript = NoteOfGeneration + Tolerance + """
        local value = redis.pcall('GET', KEYS[1])
        if not note_of(value) then
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return value and {ARGV[1]} or ARGV[1]
        end
        local left = redis.call('PTTL', KEYS[1])
        if left >= 0 and left < ARGV[2] - minute then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return value
        """;

    // ARGV: the id that must still be current, the value to keep from now on ('': the one that is there), the time in ms that it has to
    // last at least or ''.
    private const string KeepScript = Tolerance + """
        local value = redis.pcall('GET', KEYS[1])
        if type(value) ~= 'string' or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
        local left = redis.call('PTTL', KEYS[1])
        local kept = ARGV[2]
        if kept == '' then kept = value end
        if ARGV[3] == '' or left == -1 then
          if value ~= kept or left ~= -1 then redis.call('SET', KEYS[1], kept) end
        elseif value ~= kept or left < ARGV[3] - minute then
          redis.call('SET', KEYS[1], kept, 'PX', math.max(left, tonumber(ARGV[3])))
        end
        return 1
        """;

    // ARGV: the id that must still be current, the id to put in its place, the time in ms that this one lasts. Whatever else is there is
    // deleted.
    private const string RenewScript = """
        local value = redis.pcall('GET', KEYS[1])
        if type(value) == 'string' and string.sub(value, 1, #ARGV[1]) == ARGV[1] then
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          return 1
        end
        redis.call('DEL', KEYS[1])
        return 0
        """;

    // ARGV[1] is a new id, or a note as long as one. A value is an id, retired ids each behind a tilde, and a note.
    private const string GenerationPrologue = NoteOfGeneration + """
        local size = #ARGV[1]
        local value = redis.pcall('GET', KEYS[1])
        local notes = note_of(value)
        if not notes then return 0 end
        local function put(new)
          local left = redis.call('PTTL', KEYS[1])
          if left < 0 then redis.call('SET', KEYS[1], new) else redis.call('SET', KEYS[1], new, 'PX', math.max(left, 1)) end
          return 1
        end

        """;

    // ARGV: the note to put behind the ids. These and the time left stay as they are.
    private const string NoteScript = GenerationPrologue + """
        return put(string.sub(value, 1, notes - 1) .. ARGV[1])
        """;

    // ARGV: the new id, how many retired ones to keep. The note and the time left stay as they are.
    private const string RetireScript = GenerationPrologue + """
        local ids = string.sub(value, 1, math.min(notes - 1, ARGV[2] * (size + 1) - 1))
        return put(ARGV[1] .. '~' .. ids .. string.sub(value, notes))
        """;

    private const string DeleteHashScript = """
        return redis.call('TYPE', KEYS[1]).ok == 'hash' and redis.call('DEL', KEYS[1]) or 0
        """;

    // ARGV: the member to put in front (all members have its length), how many members to keep, for how many ms at least. Returns
    // the oldest members, which were dropped.
    private const string RegisterScript = """
        local size = #ARGV[1]
        local value = redis.pcall('GET', KEYS[1])
        if type(value) ~= 'string' or #value % size ~= 0 then value = '' end
        local kept = ARGV[1]
        local dropped = {}
        for at = 1, #value, size do
          local member = string.sub(value, at, at + size - 1)
          if member ~= ARGV[1] then
            if #kept < ARGV[2] * size then kept = kept .. member else dropped[#dropped + 1] = member end
          end
        end
        redis.call('SET', KEYS[1], kept, 'PX', math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3])))
        return dropped
        """;

    // ARGV: the holder's token, what to leave in its place, for how many ms or '' (then nothing is left).
    private const string ReleaseScript = """
        if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
        return 1
        """;

    public static readonly string[] All = [SlideScript, ExpireScript, LifetimeScript, SetMicrosoftScript, GenerationScript, KeepScript,
        RenewScript, NoteScript, RetireScript, DeleteHashScript, RegisterScript, ReleaseScript];

    private static readonly RedisValue[] JustNow = ["", ""];
    private static readonly byte[] SlideHash = HashOf(SlideScript);

    public static Task<RedisResult> Slide(IDatabase database, RedisKey key) => Run(database, SlideScript, key, JustNow);

    /// <summary>
    /// The same by its hash alone, which spares the client library looking up the whole text each time. A server that does not know it says
    /// so.
    /// </summary>
    public static Task<RedisResult> SlideByHash(IDatabase database, RedisKey key) =>
        database.ScriptEvaluateAsync(SlideHash, [key], JustNow, RedisCommands.Primary);

    public static Task<RedisResult> Slide(IDatabase database, RedisKey key, long readBeforeMs, long worthMs) =>
        Run(database, SlideScript, key, readBeforeMs, worthMs);

    public static Task<RedisResult> Lifetime(IDatabase database, RedisKey key) => Run(database, LifetimeScript, key);

    public static Task<RedisResult> Expire(
        IDatabase database, RedisKey key, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> taggedHead, long? ttlMs, MicrosoftEntryFields fields) =>
        Run(database, ExpireScript, key, head, taggedHead, OrEmpty(ttlMs), fields.AbsoluteTicks, fields.SlidingTicks);

    public static Task<RedisResult> SetMicrosoft(
        IDatabase database, RedisKey key, MicrosoftEntryFields fields, ReadOnlyMemory<byte> data, long? ttlMs, ReadOnlyMemory<byte> tagStamps) =>
        Run(database, SetMicrosoftScript, key, fields.AbsoluteTicks, fields.SlidingTicks, data, OrEmpty(ttlMs), tagStamps);

    public static Task<RedisResult> Generation(IDatabase database, RedisKey key, string newId, long atLeastMs) =>
        Run(database, GenerationScript, key, newId, atLeastMs);

    public static Task<RedisResult> ExtendGeneration(IDatabase database, RedisKey key, string id, string value, long? atLeastMs) =>
        Run(database, KeepScript, key, id, value, OrEmpty(atLeastMs));

    public static Task<RedisResult> Renew(IDatabase database, RedisKey key, string id, string newId, long forMs) =>
        Run(database, RenewScript, key, id, newId, forMs);

    public static Task<RedisResult> Note(IDatabase database, RedisKey key, string note) => Run(database, NoteScript, key, note);

    public static Task<RedisResult> MarkStale(IDatabase database, RedisKey key, string newId, int mostRetired) =>
        Run(database, RetireScript, key, newId, mostRetired);

    /// <summary>DEL of a key that holds a hash.</summary>
    public static Task<RedisResult> DeleteHash(IDatabase database, RedisKey key) => Run(database, DeleteHashScript, key);

    public static Task<RedisResult> Register(IDatabase database, RedisKey key, string member, int most, long atLeastMs) =>
        Run(database, RegisterScript, key, member, most, atLeastMs);

    public static Task<RedisResult> Release(IDatabase database, RedisKey key, string token, string mark, long? markMs) =>
        Run(database, ReleaseScript, key, token, mark, OrEmpty(markMs));

    private static Task<RedisResult> Run(IDatabase database, string script, RedisKey key, params RedisValue[] values) =>
        database.ScriptEvaluateAsync(script, [key], values, RedisCommands.Primary);

    private static byte[] HashOf(string script)
    {
#pragma warning disable CA5350 // Redis names scripts by it; nothing is kept secret or safe by that.
        return SHA1.HashData(Encoding.UTF8.GetBytes(script));
#pragma warning restore CA5350
    }

    private static RedisValue OrEmpty(long? milliseconds) => milliseconds is { } ms ? ms : RedisValue.EmptyString;
}
