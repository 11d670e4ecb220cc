namespace RedisExpiryCache.Testing;

/// <summary>A command that the server refuses; the message is the error reply.</summary>
internal sealed class CommandException(string message) : Exception(message)
{
    public static CommandException Syntax() => new("ERR syntax error");

    public static CommandException NotAnInteger() => new("ERR value is not an integer or out of range");

    public static CommandException WrongType() => new("WRONGTYPE Operation against a key holding the wrong kind of value");
}
