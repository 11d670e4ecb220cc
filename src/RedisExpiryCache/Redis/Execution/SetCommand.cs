using System.Buffers;
using System.Runtime.CompilerServices;
using RedisExpiryCache.Concurrency;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>
/// SET, with PX where there is a time to live: its value and its words, in memory that is used again. The client library has methods that
/// send other commands, or takes the words of a command as objects, of which each would be made anew for every write.
/// </summary>
internal sealed class SetCommand
{
    private const int Key = 0, Value = 1, Milliseconds = 3;

    private static readonly PerCorePool<SetCommand> Pool = new(static () => new SetCommand());

    private readonly object[] withExpiry = [default(RedisKey), default(RedisValue), "PX", 0L];
    private byte[] buffer = [];
    private int size;

    /// <summary>The value, to be filled in.</summary>
    public Span<byte> Bytes => buffer.AsSpan(0, size);

    public static SetCommand Rent(int size)
    {
        var command = Pool.Rent();
        (command.buffer, command.size) = (ArrayPool<byte>.Shared.Rent(size), size);
        return command;
    }

    /// <summary>
    /// To be called when Redis has replied, and only then: after a time-out or a cancellation the client library may still be about to send
    /// these words.
    /// </summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        _ = Pool.TryReturn(this);
    }

    public Task<RedisResult> SendAsync(IDatabase database, RedisKey key, long? ttlMs)
    {
        RedisValue value = buffer.AsMemory(0, size);
        if (ttlMs is not { } ms)
            return database.ExecuteAsync("SET", [key, value], RedisCommands.Primary);

        Unsafe.Unbox<RedisKey>(withExpiry[Key]) = key;
        Unsafe.Unbox<RedisValue>(withExpiry[Value]) = value;
        Unsafe.Unbox<long>(withExpiry[Milliseconds]) = ms;
        return database.ExecuteAsync("SET", withExpiry, RedisCommands.Primary);
    }
}
