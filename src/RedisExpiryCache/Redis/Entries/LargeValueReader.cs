using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Tracking;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>Reads large entries over the connection for large values; concurrent readers of a key share one transfer.</summary>
/// <remarks>Failure policy: throws what <see cref="LargeValues"/> throws.</remarks>
internal sealed class LargeValueReader(EntryStore entries, RedisConnection connection, NearCopies? nearCopies)
{
    private readonly LargeValues large = connection.Large;
    private readonly ReadCoalescer<EntryReadResult> shared = new(connection, static read => read.Dispose());

    public async ValueTask<EntryReadResult> ReadAsync(string fullKey, OperationContext call, TaggedEntryStore? tags, long size)
    {
        large.ThrowIfTooSlow(fullKey);
        var extended = large.Extend(call, size);
        var read = await shared.ReadAsync(
            fullKey,
            extended,
            (Reads: this, Key: fullKey, Size: size),
            static (asked, call, count) => asked.Reads.TransferAsync(asked.Key, asked.Size, call, count),
            out _);
        if (tags is null)
            return read;

        return read.Tags.Length == 0 ? EntryStore.TryCache(read) : await tags.OnlyCurrentAsync(fullKey, read, guess: null, extended);
    }

    private async ValueTask<EntryReadResult> TransferAsync(string fullKey, long size, OperationContext call, int readers)
    {
        var redis = await large.OpenAsync(fullKey, Access.Read, call);
        if (connection.Pending.Contains(fullKey))
            return new EntryReadResult(MissReason.Absent);

        // Once more: the transfer that this one waited for may have been too slow.
        large.ThrowIfTooSlow(fullKey);
        large.Admit(size);
        var copying = TrackedRead.Begin(nearCopies, redis, fullKey);
        var read = entries.IsCompact
            ? await ReceiveAsync(redis, fullKey, size, call)
            : await entries.ReadOtherwise(redis, fullKey, call);
        large.Remember(fullKey, read.Payload.Length);
        return (copying.IsOpen ? read with { Fill = copying.End() } : read).SharedBy(readers);
    }

    private async ValueTask<EntryReadResult> ReceiveAsync(RedisRoute redis, string fullKey, long size, OperationContext call)
    {
        var reply = redis.Database.StringGetLeaseAsync(fullKey, RedisCommands.Primary);
        large.Track(reply, size);
        try
        {
            return EntryStore.Decoded(await redis.AwaitReplyAsync(reply, call), fullKey, entries.Kind);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return entries.Kind == EntryKind.Data ? await entries.ReadOtherwise(redis, fullKey, call) : new EntryReadResult(MissReason.WrongType);
        }
        catch (TimeoutException late)
        {
            large.TimedOut(fullKey, size, reply);
            throw new TooSlowException($"A value of {size} bytes was not read: {late.Message}");
        }
    }
}
