using System.Buffers;
using System.Runtime.CompilerServices;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Tracking;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>
/// Entries by their full Redis key: one command to write, value and expiry together; one round trip to read. Both layouts are read
/// wherever they are found; the options say which one is written.
/// <para>An entry whose removal is still to be made up for (<see cref="Tombstones"/>) is not there.</para>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; what cannot be decoded is a miss with its reason.</para>
/// </summary>
/// <param name="connection">To Redis.</param>
/// <param name="format">In which entries are written.</param>
/// <param name="kind">Of the entries. Only data entries are read in Microsoft's layout, which holds no kind.</param>
/// <param name="nearCopies">Where what is read may be kept; null: nowhere.</param>
internal sealed class EntryStore(RedisConnection connection, EntryFormat format, EntryKind kind, NearCopies? nearCopies = null)
{
    // Redis holds 512 MiB under a key; the rest is left for the header and the tags.
    private const long MaximumValueSize = 512L * 1024 * 1024 - 128 * 1024;

    /// <summary>Of a stamp in a near copy, beside the tag's characters, about.</summary>
    private const int TagOverhead = 120;

    private static readonly EntryReadResult WrongType = new(MissReason.WrongType);

    private static readonly RedisValue[] MicrosoftFields = ["absexp", "sldexp", "data", "tags"];

    private static readonly RedisCommand<NewExpiry, RedisResult> Expire = new(
        Access.Write,
        static (database, key, expire) => Scripts.Expire(
            database, key, expire.Head, expire.TaggedHead, expire.TtlMs, MicrosoftEntryFields.From(expire.Expiry)))
    {
        RespectsTombstones = true,
        ChangesValue = true,
    };

    private static readonly RedisCommand<int, RedisResult> Lifetime = new(
        Access.Read, static (database, key, _) => Scripts.Lifetime(database, key))
    { RespectsTombstones = true };

    private readonly RedisExecutor executor = new(connection);
    private LargeValueReader? largeReads;

    /// <summary>Whether entries are written as strings, and so read as such first.</summary>
    public bool IsCompact => format == EntryFormat.Compact;

    public EntryKind Kind => kind;

    public SlidingExpirationRefresher Slides { get; } = new(connection, nearCopies);

    /// <exception cref="ArgumentOutOfRangeException">The value is larger than Redis can hold.</exception>
    public static void Check(ReadOnlySequence<byte> value)
    {
        if (value.Length > MaximumValueSize)
            throw new ArgumentOutOfRangeException(nameof(value), value.Length, $"A value can be at most {MaximumValueSize} bytes long.");
    }

    /// <summary>An entry as this process knows it; null: Redis has to be asked. Whether its tags are current is still to be seen.</summary>
    public EntryReadResult? FindNear(string fullKey) =>
        nearCopies is not null && !connection.Pending.Contains(fullKey) && nearCopies.Find<EntryCopy>(fullKey) is { } copy ? copy.Read : null;

    /// <summary>Keeps what was read in this process, if it may be kept. To be called once its tags are known to be current.</summary>
    /// <returns>The entry, which gathers its slides if it is here from now on.</returns>
    public static EntryReadResult TryCache(EntryReadResult read)
    {
        if (!read.Fill.IsOpen || !read.IsHit || !read.Fill.IsOpenTo(read.Payload.Length))
            return read;

        var sliding = read with { Slide = read.Fill.SlideOf(read.Expiry.Sliding) };
        var size = read.Payload.Length + read.Tags.Sum(static stamp => TagOverhead + ((long)sizeof(char) * stamp.Tag.Length));
        return read.Fill.TryPut(new EntryCopy(sliding.With(read.Payload.ToArray())), size) ? sliding : read;
    }

    /// <summary>
    /// What Redis holds. Nothing else on the way of a read waits for anything, and this once: what waits is what a read costs on our side.
    /// </summary>
    /// <param name="fullKey">Its key.</param>
    /// <param name="call">Whose time it takes.</param>
    /// <param name="tags">It is there only while all of its tags are current; null: the caller sees to that.</param>
    /// <param name="expectedSize">Of the value, as far as it is known; zero: unknown.</param>
    public ValueTask<EntryReadResult> ReadAsync(
        string fullKey, OperationContext call, TaggedEntryStore? tags = null, long expectedSize = 0) =>
        connection.Large.SizeOf(fullKey, expectedSize) is > 0 and var size
            ? (largeReads ??= new LargeValueReader(this, connection, nearCopies)).ReadAsync(fullKey, call, tags, size)
            : ReadSmallAsync(fullKey, call, tags);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EntryReadResult> ReadSmallAsync(string fullKey, OperationContext call, TaggedEntryStore? tags)
    {
        await connection.ReadyAsync(Access.Read, call);
        var redis = connection.RouteTo(fullKey, Access.Read);
        if (connection.Pending.Contains(fullKey))
            return new EntryReadResult(MissReason.Absent);

        var copying = TrackedRead.Begin(nearCopies, redis, fullKey);
        EntryReadResult read;
        var reply = format == EntryFormat.Compact ? redis.Database.StringGetLeaseAsync(fullKey, RedisCommands.Primary) : null;
        try
        {
            read = reply is not null
                ? Decoded(await redis.AwaitReplyAsync(reply, call), fullKey, kind)
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

        return tags is null ? read : read.Tags.Length == 0 ? TryCache(read) : await tags.OnlyCurrentAsync(fullKey, read, guess: null, call);
    }

    /// <summary>Whether a value would not arrive in time, as far as is known: then it need not be stored.</summary>
    public bool IsTooSlow(string fullKey) => connection.Large.IsTooSlow(fullKey);

    /// <summary>Replaces whatever is there. An end that has passed on the server's clock leaves nothing there.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(
        string fullKey, EntryPayload payload, EntryExpiry expiry, TagGeneration[] tags, DateTimeOffset serverNow, OperationContext call)
    {
        var isLarge = payload.Length >= LargeValues.Threshold;
        if (isLarge)
            call = connection.Large.Extend(call, payload.Length);

        await connection.ReadyAsync(Access.Write, call);
        var redis = isLarge ? await connection.Large.OpenAsync(fullKey, Access.Write, call) : connection.RouteTo(fullKey, Access.Write);
        var pending = connection.Pending.NumberOf(fullKey);
        var ttlMs = expiry.TimeToLiveMs(serverNow);
        byte[] stamps = tags.Length == 0 ? [] : TagGeneration.Encode(tags);
        if (ttlMs == 0)
        {
            await redis.DeleteAsync([fullKey], call);
        }
        else if (format == EntryFormat.Microsoft)
        {
            var sent = Scripts.SetMicrosoft(redis.Database, fullKey, MicrosoftEntryFields.From(expiry), payload.ToArray(), ttlMs, stamps);
            await redis.AwaitWriteAsync(Tracked(sent), call);
        }
        else
        {
            var command = SetCommand.Rent(CompactEntryCodec.EncodedSize(expiry, stamps, payload.Length));
            CompactEntryCodec.Encode(command.Bytes, CompactEntryCodec.SeedOf(fullKey, kind), expiry, stamps, payload);
            await redis.AwaitWriteAsync(Tracked(command.SendAsync(redis.Database, fullKey, ttlMs)), call);
            command.Return();
        }

        connection.Large.Remember(fullKey, payload.Length);
        connection.Pending.Cancel(fullKey, pending);

        Task<RedisResult> Tracked(Task<RedisResult> reply)
        {
            if (isLarge)
                connection.Large.TrackWrite(fullKey, reply, payload.Length);

            return reply;
        }
    }

    /// <summary>Ends the cold start: a response has been stored, with all that it needs to be found.</summary>
    public void EndColdStart() => connection.Cold.End();

    /// <summary>Gives an entry a new expiry and leaves its value alone.</summary>
    /// <returns>The tags of the entry; null when there is no such entry.</returns>
    public async ValueTask<TagGeneration[]?> ExpireAsync(
        string fullKey, EntryExpiry expiry, DateTimeOffset serverNow, OperationContext call)
    {
        var ttlMs = expiry.TimeToLiveMs(serverNow);
        if (ttlMs == 0)
        {
            // Before the DEL, which may replay the eviction. A pending eviction does not hide that Redis is away.
            var isPending = connection.Pending.Contains(fullKey);
            return await executor.DeleteAsync([fullKey], call) > 0 && !isPending ? [] : null;
        }

        var seed = CompactEntryCodec.SeedOf(fullKey, kind);
        var size = CompactEntryCodec.HeadSize(CompactEntryCodec.FlagsOf(expiry));
        byte[] head = new byte[size], taggedHead = new byte[size];
        CompactEntryCodec.EncodeHead(head, seed, expiry, tagged: false);
        CompactEntryCodec.EncodeHead(taggedHead, seed, expiry, tagged: true);
        var stamps = await executor.ExecuteAsync(Expire, fullKey, new NewExpiry(expiry, head, taggedHead, ttlMs), call);
        return stamps is null or { IsNull: true } ? null : TagGeneration.TryDecode(Replies.Bytes(stamps).Span);
    }

    /// <summary>What is left of an entry, which is not slid by asking. Null when there is none.</summary>
    public async ValueTask<(CacheEntryLifetime Lifetime, TagGeneration[] Tags)?> LifetimeAsync(string fullKey, OperationContext call)
    {
        if (await executor.ExecuteAsync(Lifetime, fullKey, 0, call) is not { } found)
            return null;

        var reply = Replies.Array(found);
        if (reply.Length == 0 || Describe(reply, fullKey) is not var (expiry, stamps) || TagGeneration.TryDecode(stamps.Span) is not { } tags)
            return null;

        var (leftMs, serverNow) = (Replies.Integer(reply[0]), Ttl.MomentOf(Replies.Number(reply[1])));
        TimeSpan? left = leftMs < 0 ? null : Ttl.SpanOf(leftMs);
        var end = expiry.Sliding is null && left is { } span ? Ttl.EndOf(serverNow, span) : expiry.AbsoluteEnd;
        return (new CacheEntryLifetime(left, expiry.Sliding, end), tags);
    }

    /// <summary>DEL.</summary>
    /// <returns>How many of the keys there were.</returns>
    public ValueTask<long> RemoveAsync(IReadOnlyCollection<string> fullKeys, OperationContext call) => executor.DeleteAsync(fullKeys, call);

    /// <summary>
    /// Not compact, or not only: a fleet that moves over has both layouts, and another node may have overwritten one with the other between
    /// two looks.
    /// </summary>
    public async ValueTask<EntryReadResult> ReadOtherwise(RedisRoute redis, string fullKey, OperationContext call) =>
        (format == EntryFormat.Microsoft
        ? await ReadMicrosoft(redis, fullKey, call) ?? await ReadCompact(redis, fullKey, call) ?? await ReadMicrosoft(redis, fullKey, call)
        : await ReadHash(redis, fullKey, call) ?? await ReadCompact(redis, fullKey, call)) ?? WrongType;

    private async ValueTask<EntryReadResult?> ReadCompact(RedisRoute redis, string fullKey, OperationContext call)
    {
        try
        {
            return Decoded(await redis.AwaitReplyAsync(redis.Database.StringGetLeaseAsync(fullKey, RedisCommands.Primary), call), fullKey, kind);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return null;
        }
    }

    public static EntryReadResult Decoded(Lease<byte>? lease, string fullKey, EntryKind kind) =>
        lease is null ? new EntryReadResult(MissReason.Absent) : Decoded(lease.Memory, lease, fullKey, kind);

    /// <summary>What Redis has said it holds under a key.</summary>
    public static EntryReadResult Decoded(RedisValue value, string fullKey, EntryKind kind) =>
        value.IsNull ? new EntryReadResult(MissReason.Absent) : Decoded((ReadOnlyMemory<byte>)value, buffer: null, fullKey, kind);

    private static EntryReadResult Decoded(ReadOnlyMemory<byte> bytes, Lease<byte>? buffer, string fullKey, EntryKind kind)
    {
        var miss = CompactEntryCodec.TryDecode(bytes, CompactEntryCodec.SeedOf(fullKey, kind), out var entry);
        var tags = miss == MissReason.None ? TagGeneration.TryDecode(entry.TagStamps.Span) : null;
        if (tags is not null)
            return new EntryReadResult(entry, tags, buffer);

        buffer?.Dispose();
        return new EntryReadResult(miss == MissReason.None ? MissReason.Damaged : miss);
    }

    /// <summary>Reads what is known not to be a string: without our fields it is somebody else's hash, if it is there still.</summary>
    private static async ValueTask<EntryReadResult?> ReadHash(RedisRoute redis, string fullKey, OperationContext call)
    {
        var read = await ReadMicrosoft(redis, fullKey, call);
        return read is { Miss: MissReason.Absent } && await redis.AwaitReplyAsync(redis.Database.KeyExistsAsync(fullKey, RedisCommands.Primary), call)
            ? new EntryReadResult(MissReason.Foreign)
            : read;
    }

    private static async ValueTask<EntryReadResult?> ReadMicrosoft(RedisRoute redis, string fullKey, OperationContext call)
    {
        RedisValue[] fields;
        try
        {
            fields = await redis.AwaitReplyAsync(redis.Database.HashGetAsync(fullKey, MicrosoftFields, RedisCommands.Primary), call);
        }
        catch (RedisServerException refused) when (RedisErrors.IsWrongType(refused))
        {
            return null;
        }

        if (Array.TrueForAll(fields, static field => field.IsNull))
            return new EntryReadResult(MissReason.Absent);

        if (fields[2].IsNull || ReadMicrosoftExpiry(fields[0], fields[1]) is not { } expiry)
            return new EntryReadResult(MissReason.Foreign);

        var tags = fields[3].IsNull ? [] : TagGeneration.TryDecode(((ReadOnlyMemory<byte>)fields[3]).Span);
        return tags is null
            ? new EntryReadResult(MissReason.Damaged)
            : new EntryReadResult(new DecodedEntry(expiry, default, (ReadOnlyMemory<byte>)fields[2]), tags, buffer: null);
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
        var miss = CompactEntryCodec.TryDecodeHead(beginning.Span, CompactEntryCodec.SeedOf(fullKey, kind), out var expiry, out var headSize);
        return miss == MissReason.None && CompactEntryCodec.TagStampsOf(beginning, headSize) is { } stamps ? (expiry, stamps) : null;
    }

    private static EntryExpiry? ReadMicrosoftExpiry(RedisValue absolute, RedisValue sliding) =>
        absolute.TryParse(out long absoluteTicks) && sliding.TryParse(out long slidingTicks)
        && new MicrosoftEntryFields(absoluteTicks, slidingTicks).TryGetExpiry(out var expiry) ? expiry : null;

    private sealed record EntryCopy(EntryReadResult Read);

    private readonly record struct NewExpiry(EntryExpiry Expiry, byte[] Head, byte[] TaggedHead, long? TtlMs);
}
