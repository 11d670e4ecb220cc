namespace RedisExpiryCache.Tests.Testing;

/// <summary>What Redis replies: held against the server in memory here, and against Redis itself in the integration tests.</summary>
public static class RedisReplies
{
    /// <summary>Commands, one after the other, and the last reply. A key is one of a, b, c, h and l. An error may say more.</summary>
    public static TheoryData<string, string> OfCommands => new()
    {
        { "PING", "+PONG" },
        { "PING hello", "$5 hello" },
        { "SET a 1 | GET a", "$1 1" },
        { "SET a 1 | SET a 2 NX", "$-1" },
        { "SET a 2 XX", "$-1" },
        { "SET a 1 EX 100 | SET a 1 | PTTL a", ":-1" },
        { "PTTL a", ":-2" },
        { "SET a 1 PX 0", "-ERR invalid expire time in 'set' command" },
        { "SET a 1 PX x", "-ERR value is not an integer or out of range" },
        { "SET a 1 PX", "-ERR syntax error" },
        { "SET a 1 KEEP", "-ERR syntax error" },
        { "SET a", "-ERR wrong number of arguments for 'set' command" },
        { "SET a 1 | EXPIRE a 5 | PERSIST a", ":1" },
        { "SET a 1 | PEXPIRE a 0 | EXISTS a", ":0" },
        { "PEXPIRE a 5000", ":0" },
        { "PERSIST a", ":0" },
        { "SET a 1 | PEXPIRE a 9223372036854775807", "-ERR invalid expire time" },
        { "SET a 1 | SET b 2 | EXISTS a b a c", ":3" },
        { "SET a 1 | SET b 2 | DEL a b c", ":2" },
        { "SET a 1 | HSET h f v | MGET a h c", "*3 $1 1 $-1 $-1" },
        { "SET a hello | GETRANGE a 1 3", "$3 ell" },
        { "SET a hello | GETRANGE a -3 -1", "$3 llo" },
        { "SET a hello | GETRANGE a 3 100", "$2 lo" },
        { "GETRANGE a 0 10", "$0 " },
        { "HSET h f v g w", ":2" },
        { "HSET h f v | HSET h f w g x | HMGET h f g x", "*3 $1 w $1 x $-1" },
        { "HSET h f v | HGET h f", "$1 v" },
        { "HGET h f", "$-1" },
        { "HSET h f v | HEXISTS h f", ":1" },
        { "HSET h f v | GET h", "-WRONGTYPE Operation against a key holding the wrong kind of value" },
        { "SET a 1 | HGET a f", "-WRONGTYPE Operation against a key holding the wrong kind of value" },
        { "SET a 1 | TYPE a", "+string" },
        { "HSET h f v | TYPE h", "+hash" },
        { "LPUSH l v | TYPE l", "+list" },
        { "TYPE a", "+none" },
        { "get a", "$-1" },
    };

    /// <summary>Scripts with one key, which does not exist, and one argument, "value".</summary>
    public static TheoryData<string, string> OfScripts => new()
    {
        { "return 1", ":1" },
        { "return 2.9", ":2" },
        { "return 'a'", "$1 a" },
        { "return true", ":1" },
        { "return false", "$-1" },
        { "return nil", "$-1" },
        { "return {1, 'a', {2}, nil, 3}", "*3 :1 $1 a *1 :2" },
        { "return {ok='fine'}", "+fine" },
        { "return {err='ERR no'}", "-ERR no" },
        { "return redis.call('GET', KEYS[1])", "$-1" },
        { "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])", "$5 value" },
        { "return redis.call('SET', KEYS[1], 12)", "+OK" },
        { "redis.call('SET', KEYS[1], 12) return redis.call('GET', KEYS[1])", "$2 12" },
        { "return redis.call('HSET', KEYS[1], 'f', 'v') + 1", ":2" },
        { "return redis.call('TYPE', KEYS[1]).ok", "$4 none" },
        { "redis.call('HSET', KEYS[1], 'f', 'v') return redis.call('GET', KEYS[1])", "-WRONGTYPE Operation against a key holding the wrong kind of value" },
        { "redis.call('HSET', KEYS[1], 'f', 'v') return type(redis.pcall('GET', KEYS[1]).err)", "$6 string" },
        { "return redis.call('GET', {})", "-ERR Lua redis lib command arguments must be strings or integers" },
        { "return #ARGV[1] .. #KEYS", "$2 51" },
    };
}
