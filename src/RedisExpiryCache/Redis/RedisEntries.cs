using System.Buffers;
using System.Runtime.CompilerServices;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// Entries by their full Redis key: one command to write, value and expiry together; one round trip to read. Both layouts are read
/// wherever they are found; the options say which one is written.
/// <para>An entry whose removal is still to be made up for (<see cref="PendingEvictions"/>) is not there.</para>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; what cannot be decoded is a miss with its reason.</para>
/// </summary>
/// <param name="connection">To Redis.</param>
/// <param name="format">In which entries are written.</param>
/// <param name="kind">Of the entries. Only data entries are read in Microsoft's layout, which holds no kind.</param>
/// <param name="nearCopies">Where what is read may be kept; null: nowhere.</param>
internal sealed class RedisEntries(RedisConnection connection, EntryFormat format, EntryKind kind, NearCopies? nearCopies = null)
{
    // Redis holds 512 MiB under a key; the rest is left for the header and the tags.
    private const long MaximumValueSize = 512L * 1024 * 1024 - 128 * 1024;

    /// <summary>Of a stamp in a near copy, beside the tag's characters, about.</summary>
    private const int TagOverhead = 120;

    private static readonly EntryRead WrongType = new(EntryMiss.WrongType);

    private static readonly RedisValue[] MicrosoftFields = ["absexp", "sldexp", "data", "tags"];

    private LargeReads? largeReads;

    /// <summary>Whether entries are written as strings, and so read as such first.</summary>
    public bool IsCompact => format == EntryFormat.Compact;

    public EntryKind Kind => kind;

    public EntrySlides Slides { get; } = new(connection, nearCopies);

    /// <exception cref="ArgumentOutOfRangeException">The value is larger than Redis can hold.</exception>
    public static void Check(ReadOnlySequence<byte> value)
    {
        if (value.Length > MaximumValueSize)
            throw new ArgumentOutOfRangeException(nameof(value), value.Length, $"A value can be at most {MaximumValueSize} bytes long.");
    }

    /// <summary>An entry as this process knows it; null: Redis has to be asked. Whether its tags are current is still to be seen.</summary>
    public EntryRead? FindNear(string fullKey) =>
        nearCopies is not null && !connection.Pending.Hides(fullKey) && nearCopies.Find<EntryCopy>(fullKey) is { } copy ? copy.Read : null;

    /// <summary>Keeps what was read in this process, if it may be kept. To be called once its tags are known to be current.</summary>
    /// <returns>The entry, which gathers its slides if it is here from now on.</returns>
    public static EntryRead Keep(EntryRead read)
    {
        if (!read.Fill.IsOpen || !read.IsHit || !read.Fill.IsOpenTo(read.Payload.Length))
            return read;

        var sliding = read with { Slide = read.Fill.SlideOf(read.Expiry.Sliding) };
        var size = read.Payload.Length + read.Tags.Sum(static stamp => TagOverhead + ((long)sizeof(char) * stamp.Tag.Length));
        return read.Fill.TryPut(new EntryCopy(sliding.With(read.Payload.ToArray())), size) ? sliding : read;
    }

    /// <summary>What Redis holds. Nothing else on the way of a read waits for anything, and this once: what waits is what a read costs on our side.</summary>
    /// <param name="fullKey">Its key.</param>
    /// <param name="call">Whose time it takes.</param>
    /// <param name="tags">It is there only while all of its tags are current; null: the caller sees to that.</param>
    /// <param name="expectedSize">Of the value, as far as it is known; zero: unknown.</param>
    public ValueTask<EntryRead> ReadAsync(string fullKey, Call call, EntryTags? tags = null, long expectedSize = 0) =>
        connection.Large.SizeOf(fullKey, expectedSize) is > 0 and var size
            ? (largeReads ??= new LargeReads(this, connection, nearCopies)).ReadAsync(fullKey, call, tags, size)
            : ReadSmallAsync(fullKey, call, tags);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EntryRead> ReadSmallAsync(string fullKey, Call call, EntryTags? tags)
    {
        await connection.ReadyAsync(Access.Read, call);
        var redis = connection.RouteTo(fullKey, Access.Read);
        if (connection.Pending.Hides(fullKey))
            return new EntryRead(EntryMiss.Absent);

        var copying = NearRead.Begin(nearCopies, redis, fullKey);
        EntryRead read;
        var reply = format == EntryFormat.Compact ? redis.Database.StringGetLeaseAsync(fullKey, Commands.Primary) : null;
        try
        {
            read = reply is not null
                ? Decoded(await redis.Complete(reply, call), fullKey, kind)
                : await ReadOtherwise(redis, fullKey, call);
        }
        catch (RedisServerException refused) when (reply is not null && RedisErrors.IsWrongType(refused))
        {
            read = kind == EntryKind.Data ? await ReadOtherwise(connection.RouteTo(fullKey, Access.Read), fullKey, call) : WrongType;
        }
        catch (TimeoutException) when (reply is not null)
        {
            connection.Large.LearnFrom(fullKey, redis);
            throw;
        }

        if (read.Payload.Length >= LargeValues.Threshold)
            connection.Large.Remember(fullKey, read.Payload.Length);

        if (copying.IsOpen)
            read = read with { Fill = copying.End() };

        return tags is null ? read : read.Tags.Length == 0 ? Keep(read) : await tags.OnlyCurrentAsync(fullKey, read, guess: null, call);
    }

    /// <summary>Whether a value would not arrive in time, as far as is known: then it need not be stored.</summary>
    public bool IsTooSlow(string fullKey) => connection.Large.IsTooSlow(fullKey);

    /// <summary>Replaces whatever is there. An end that has passed on the server's clock leaves nothing there.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(string fullKey, EntryPayload payload, EntryExpiry expiry, TagStamp[] tags, DateTimeOffset serverNow, Call call)
    {
        var isLarge = payload.Length >= LargeValues.Threshold;
        if (isLarge)
            call = connection.Large.Extend(call, payload.Length);

        await connection.ReadyAsync(Access.Write, call);
        var redis = isLarge ? await connection.Large.OpenAsync(fullKey, Access.Write, call) : connection.RouteTo(fullKey, Access.Write);
        var pending = connection.Pending.NumberOf(fullKey);
        var ttlMs = expiry.TimeToLiveMs(serverNow);
        byte[] stamps = tags.Length == 0 ? [] : TagStamp.Encode(tags);
        if (ttlMs == 0)
        {
            await redis.DeleteAsync([fullKey], call);
        }
        else if (format == EntryFormat.Microsoft)
        {
            var sent = Scripts.SetMicrosoft(redis.Database, fullKey, MicrosoftEntry.From(expiry), payload.ToArray(), ttlMs, stamps);
            await redis.Change(Tracked(sent), call);
        }
        else
        {
            var command = SetCommand.Rent(RedisEntry.EncodedSize(expiry, stamps, payload.Length));
            RedisEntry.Encode(command.Bytes, RedisEntry.SeedOf(fullKey, kind), expiry, stamps, payload);
            await redis.Change(Tracked(command.SendAsync(redis.Database, fullKey, ttlMs)), call);
            command.Return();
        }

        connection.Large.Remember(fullKey, payload.Length);
        connection.Pending.Lift(fullKey, pending);
        if (kind == EntryKind.Response)
            connection.Cold.End();

        Task<RedisResult> Tracked(Task<RedisResult> reply)
        {
            if (isLarge)
                connection.Large.TrackWrite(fullKey, reply, payload.Length);

            return reply;
        }
    }

    /// <summary>Gives an entry a new expiry and leaves its value alone.</summary>
    /// <returns>The tags of the entry; null when there is no such entry.</returns>
    public async ValueTask<TagStamp[]?> ExpireAsync(string fullKey, EntryExpiry expiry, DateTimeOffset serverNow, Call call)
    {
        var redis = await connection.OpenAsync(fullKey, Access.Write, call);
        if (connection.Pending.Hides(fullKey))
            return null;

        var ttlMs = expiry.TimeToLiveMs(serverNow);
        if (ttlMs == 0)
            return await redis.DeleteAsync([fullKey], call) > 0 ? [] : null;

        var seed = RedisEntry.SeedOf(fullKey, kind);
        var size = RedisEntry.HeadSize(RedisEntry.FlagsOf(expiry));
        byte[] head = new byte[size], taggedHead = new byte[size];
        RedisEntry.EncodeHead(head, seed, expiry, tagged: false);
        RedisEntry.EncodeHead(taggedHead, seed, expiry, tagged: true);
        var stamps = await redis.Change(
            Scripts.Expire(redis.Database, fullKey, head, taggedHead, ttlMs, MicrosoftEntry.From(expiry)), call);
        return stamps.IsNull ? null : TagStamp.TryDecode(Replies.Bytes(stamps).Span);
    }

    /// <summary>What is left of an entry, which is not slid by asking. Null when there is none.</summary>
    public async ValueTask<(CacheEntryLifetime Lifetime, TagStamp[] Tags)?> LifetimeAsync(string fullKey, Call call)
    {
        var redis = await connection.OpenAsync(fullKey, Access.Read, call);
        if (connection.Pending.Hides(fullKey))
            return null;

        var reply = Replies.Array(await redis.Complete(Scripts.Lifetime(redis.Database, fullKey), call));
        if (reply.Length == 0 || Describe(reply, fullKey) is not var (expiry, stamps) || TagStamp.TryDecode(stamps.Span) is not { } tags)
            return null;

        var (leftMs, serverNow) = (Replies.Integer(reply[0]), Ttl.MomentOf(Replies.Number(reply[1])));
        TimeSpan? left = leftMs < 0 ? null : Ttl.SpanOf(leftMs);
        var end = expiry.Sliding is null && left is { } span ? Ttl.EndOf(serverNow, span) : expiry.AbsoluteEnd;
        return (new CacheEntryLifetime(left, expiry.Sliding, end), tags);
    }

    /// <summary>DEL.</summary>
    /// <returns>How many of the keys there were.</returns>
    public async ValueTask<long> RemoveAsync(IReadOnlyCollection<string> fullKeys, Call call)
    {
        var redis = await connection.OpenAsync(fullKeys.FirstOrDefault(), Access.Write, call);
        if (fullKeys.Count == 0)
            return 0;

        if (fullKeys.Count == 1 || !(connection.IsCluster || connection.Large.HasUnsettledWrites))
            return await redis.DeleteAsync(fullKeys, call);

        var removed = await Task.WhenAll(fullKeys.Select(async key => await (await connection.OpenAsync(key, Access.Write, call)).DeleteAsync([key], call)));
        return removed.Sum();
    }

    /// <summary>Not compact, or not only: a fleet that moves over has both layouts, and another node may have overwritten one with the other between two looks.</summary>
    public async ValueTask<EntryRead> ReadOtherwise(RedisRoute redis, string fullKey, Call call) => (format == EntryFormat.Microsoft
        ? await ReadMicrosoft(redis, fullKey, call) ?? await ReadCompact(redis, fullKey, call) ?? await ReadMicrosoft(redis, fullKey, call)
        : await ReadHash(redis, fullKey, call) ?? await ReadCompact(redis, fullKey, call)) ?? WrongType;

    private async ValueTask<EntryRead?> ReadCompact(RedisRoute redis, string fullKey, Call call)
    {
        try
        {
            return Decoded(await redis.Complete(redis.Database.StringGetLeaseAsync(fullKey, Commands.Primary), call), fullKey, kind);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return null;
        }
    }

    public static EntryRead Decoded(Lease<byte>? lease, string fullKey, EntryKind kind) =>
        lease is null ? new EntryRead(EntryMiss.Absent) : Decoded(lease.Memory, lease, fullKey, kind);

    /// <summary>What Redis has said it holds under a key.</summary>
    public static EntryRead Decoded(RedisValue value, string fullKey, EntryKind kind) =>
        value.IsNull ? new EntryRead(EntryMiss.Absent) : Decoded((ReadOnlyMemory<byte>)value, buffer: null, fullKey, kind);

    private static EntryRead Decoded(ReadOnlyMemory<byte> bytes, Lease<byte>? buffer, string fullKey, EntryKind kind)
    {
        var miss = RedisEntry.TryDecode(bytes, RedisEntry.SeedOf(fullKey, kind), out var entry);
        var tags = miss == EntryMiss.None ? TagStamp.TryDecode(entry.TagStamps.Span) : null;
        if (tags is not null)
            return new EntryRead(entry, tags, buffer);

        buffer?.Dispose();
        return new EntryRead(miss == EntryMiss.None ? EntryMiss.Damaged : miss);
    }

    /// <summary>Reads what is known not to be a string: without our fields it is somebody else's hash, if it is there still.</summary>
    private static async ValueTask<EntryRead?> ReadHash(RedisRoute redis, string fullKey, Call call)
    {
        var read = await ReadMicrosoft(redis, fullKey, call);
        return read is { Miss: EntryMiss.Absent } && await redis.Complete(redis.Database.KeyExistsAsync(fullKey, Commands.Primary), call)
            ? new EntryRead(EntryMiss.Foreign)
            : read;
    }

    private static async ValueTask<EntryRead?> ReadMicrosoft(RedisRoute redis, string fullKey, Call call)
    {
        RedisValue[] fields;
        try
        {
            fields = await redis.Complete(redis.Database.HashGetAsync(fullKey, MicrosoftFields, Commands.Primary), call);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return null;
        }

        if (Array.TrueForAll(fields, static field => field.IsNull))
            return new EntryRead(EntryMiss.Absent);

        if (fields[2].IsNull || ReadMicrosoftExpiry(fields[0], fields[1]) is not { } expiry)
            return new EntryRead(EntryMiss.Foreign);

        var tags = fields[3].IsNull ? [] : TagStamp.TryDecode(((ReadOnlyMemory<byte>)fields[3]).Span);
        return tags is null
            ? new EntryRead(EntryMiss.Damaged)
            : new EntryRead(new DecodedEntry(expiry, default, (ReadOnlyMemory<byte>)fields[2]), tags, buffer: null);
    }

    private (EntryExpiry Expiry, ReadOnlyMemory<byte> Stamps)? Describe(RedisResult[] reply, string fullKey)
    {
        if (reply.Length > 5)
        {
            return ReadMicrosoftExpiry(Replies.Value(reply[3]), Replies.Value(reply[4])) is { } found
                ? (found, Replies.Bytes(reply[5]))
                : null;
        }

        var beginning = reply.Length < 3 ? default : Replies.Bytes(reply[2]);
        var miss = RedisEntry.TryDecodeHead(beginning.Span, RedisEntry.SeedOf(fullKey, kind), out var expiry, out var headSize);
        return miss == EntryMiss.None && RedisEntry.TagStampsOf(beginning, headSize) is { } stamps ? (expiry, stamps) : null;
    }

    private static EntryExpiry? ReadMicrosoftExpiry(RedisValue absolute, RedisValue sliding) =>
        absolute.TryParse(out long absoluteTicks) && sliding.TryParse(out long slidingTicks)
        && new MicrosoftEntry(absoluteTicks, slidingTicks).TryGetExpiry(out var expiry) ? expiry : null;

    private sealed record EntryCopy(EntryRead Read);
}
