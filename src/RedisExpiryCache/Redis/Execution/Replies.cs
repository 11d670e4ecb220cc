using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>Reads the replies of commands and scripts: the only place that converts a <see cref="RedisResult"/>.</summary>
/// <remarks>
/// The client library's own conversions put the value that they cannot convert into their exception. After a mix-up of replies that is a
/// value of another key.
/// </remarks>
internal static class Replies
{
    /// <summary>An integer reply.</summary>
    public static long Integer(RedisResult reply) =>
        reply.Resp2Type == ResultType.Integer ? Number(reply) : throw Unexpected("an integer", reply);

    /// <summary>An integer, or its decimal digits.</summary>
    public static long Number(RedisResult reply) => TryNumber(reply, out var number) ? number : throw Unexpected("a number", reply);

    /// <summary>False where the reply is neither an integer nor its decimal digits.</summary>
    public static bool TryNumber(RedisResult reply, out long number)
    {
        number = 0;
        return IsScalar(reply) && ((RedisValue)reply).TryParse(out number);
    }

    /// <summary>The bytes of a string; empty where the reply is null.</summary>
    public static ReadOnlyMemory<byte> Bytes(RedisResult reply) =>
        Value(reply) is { IsNull: false } value ? (ReadOnlyMemory<byte>)value : default;

    /// <summary>A string, or null.</summary>
    public static string? Text(RedisResult reply) => (string?)Value(reply);

    /// <summary>A string as the client library has it, or its null.</summary>
    public static RedisValue Value(RedisResult reply) =>
        reply.IsNull ? RedisValue.Null : IsScalar(reply) ? (RedisValue)reply : throw Unexpected("a string", reply);

    /// <summary>OK, in reply to a write.</summary>
    public static void Ok(RedisResult reply)
    {
        if (reply.Resp2Type != ResultType.SimpleString || (RedisValue)reply != "OK")
            throw Unexpected("OK", reply);
    }

    public static bool IsArray(RedisResult reply) => !reply.IsNull && reply.Resp2Type == ResultType.Array;

    /// <summary>An array; null stands for an empty one.</summary>
    public static RedisResult[] Array(RedisResult reply, int atLeast = 0)
    {
        var items = reply.IsNull ? [] : IsArray(reply) ? (RedisResult[])reply! : throw Unexpected("an array", reply);
        return items.Length >= atLeast
            ? items
            : throw new RedisException($"Redis replied with an array of {items.Length} elements where at least {atLeast} were expected.");
    }

    private static bool IsScalar(RedisResult reply) =>
        !reply.IsNull && reply.Resp2Type is ResultType.Integer or ResultType.BulkString or ResultType.SimpleString;

    /// <summary>Names the kinds and never the value.</summary>
    private static RedisException Unexpected(string expected, RedisResult reply) =>
        new($"Redis replied with {(reply.IsNull ? "null" : $"a {reply.Resp2Type}")} where {expected} was expected.");
}
