using RedisExpiryCache.NearCache;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>Reads large entries over the connection for large values; concurrent readers of a key share one transfer.</summary>
/// <remarks>Failure policy: throws what <see cref="LargeValues"/> throws.</remarks>
internal sealed class LargeReads(RedisEntries entries, RedisConnection connection, NearCopies? nearCopies)
{
    private readonly LargeValues large = connection.Large;
    private readonly SharedCalls<EntryRead> shared = new(connection, static read => read.Dispose());

    public async ValueTask<EntryRead> ReadAsync(string fullKey, Call call, EntryTags? tags, long size)
    {
        large.ThrowIfTooSlow(fullKey);
        var extended = large.Extend(call, size);
        var read = await shared.AskAsync(
            fullKey,
            extended,
            (Reads: this, Key: fullKey, Size: size),
            static (asked, call, count) => asked.Reads.TransferAsync(asked.Key, asked.Size, call, count),
            out _);
        if (tags is null)
            return read;

        return read.Tags.Length == 0 ? RedisEntries.Keep(read) : await tags.OnlyCurrentAsync(fullKey, read, guess: null, extended);
    }

    private async ValueTask<EntryRead> TransferAsync(string fullKey, long size, Call call, int readers)
    {
        var redis = await large.OpenAsync(fullKey, Access.Read, call);
        if (connection.Pending.Hides(fullKey))
            return new EntryRead(EntryMiss.Absent);

        // Once more: the transfer that this one waited for may have been too slow.
        large.ThrowIfTooSlow(fullKey);
        large.Admit(size);
        var copying = NearRead.Begin(nearCopies, redis, fullKey);
        var read = entries.IsCompact
            ? await ReceiveAsync(redis, fullKey, size, call)
            : await entries.ReadOtherwise(redis, fullKey, call);
        large.Remember(fullKey, read.Payload.Length);
        return (copying.IsOpen ? read with { Fill = copying.End() } : read).SharedBy(readers);
    }

    private async ValueTask<EntryRead> ReceiveAsync(RedisRoute redis, string fullKey, long size, Call call)
    {
        var reply = redis.Database.StringGetLeaseAsync(fullKey, Commands.Primary);
        large.Track(reply, size);
        try
        {
            return RedisEntries.Decoded(await redis.Complete(reply, call), fullKey, entries.Kind);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return entries.Kind == EntryKind.Data ? await entries.ReadOtherwise(redis, fullKey, call) : new EntryRead(EntryMiss.WrongType);
        }
        catch (TimeoutException late)
        {
            large.TimedOut(fullKey, size, reply);
            throw new TooSlowException($"A value of {size} bytes was not read: {late.Message}");
        }
    }
}
