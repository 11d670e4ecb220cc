using System.Runtime.CompilerServices;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>
/// Small keys that hold a random id each, a tag's or a URL's current generation. What was made under an id may be served while the id
/// is still there: so DEL of one key evicts all of it, at once and on every node. A lost key means misses, nothing else.
/// <para><see cref="GenerationValue"/> is the text of a generation. Its note is exchanged only while the first id stands.</para>
/// <para>A key whose eviction is still to be made up for (<see cref="Tombstones"/>) has no generation here, and gets none.</para>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class GenerationStore(RedisConnection connection)
{
    /// <summary>
    /// How much longer than what it vouches for a generation lasts, so that it never goes first; and how long one lasts that vouches for
    /// nothing yet: whatever is being made under it has that much time.
    /// </summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>
    /// So many retired ids are remembered; what was made under an older one is gone. An attribute retires twice for each request, before
    /// the answer and after it.
    /// </summary>
    private const int MostRetired = 8;

    private static readonly RedisCommand<(string NewId, long AtLeastMs), RedisResult> Create = new(
        Access.Write, static (database, key, create) => Scripts.Generation(database, key, create.NewId, create.AtLeastMs))
    {
        RespectsTombstones = true,
    };

    private static readonly RedisCommand<(string Id, string Value, long? AtLeastMs), RedisResult> Extend = new(
        Access.Write, static (database, key, kept) => Scripts.ExtendGeneration(database, key, kept.Id, kept.Value, kept.AtLeastMs))
    {
        RespectsTombstones = true,
    };

    private static readonly RedisCommand<(string Id, string Value, long? AtLeastMs), RedisResult> Replace = Extend with { ChangesValue = true };

    private static readonly RedisCommand<(string Id, string NewId), RedisResult> Renew = new(
        Access.Write, static (database, key, ids) => Scripts.Renew(database, key, ids.Id, ids.NewId, Ttl.ToMilliseconds(Slack)))
    {
        ChangesValue = true,
    };

    private static readonly RedisCommand<string, RedisResult> PushId = new(
        Access.Write, static (database, key, newId) => Scripts.MarkStale(database, key, newId, MostRetired))
    { ChangesValue = true };

    private static readonly RedisCommand<string, RedisResult> ExchangeNote = new(
        Access.Write, static (database, key, note) => Scripts.Note(database, key, note))
    { ChangesValue = true };

    private readonly RedisExecutor executor = new(connection);
    private readonly GenerationReader reads = new(connection);

    /// <summary>The value under a key as this process knows it; null: Redis has to be asked.</summary>
    public string? FindNear(string key) =>
        connection.Near is { } copies && !connection.Pending.Contains(key) ? copies.Find<string>(key) : null;

    /// <summary>The values under the keys, null where there is none, in one round trip.</summary>
    public ValueTask<string?[]> ReadAsync(string[] keys, OperationContext call) =>
        keys.Length == 0 ? new([]) : GenerationReader.ReceiveAsync(reads.Send(keys, call), call);

    /// <summary>Whether an eviction of one of the keys has still to be replayed.</summary>
    public bool ArePending(string[] keys) => connection.Pending.Count > 0 && Array.Exists(keys, connection.Pending.Contains);

    /// <summary>Reads generations, and others that the caller may need, in one round trip and without near copies.</summary>
    /// <returns>The others apart: in a cluster, a master that is away fails only what it has.</returns>
    public async ValueTask<(string?[] Values, Task<string?[]> Others)> ReadAsync(string[] keys, string[] others, OperationContext call)
    {
        await connection.ReadyAsync(Access.Read, call);
        if (!connection.IsCluster)
        {
            var all = await reads.ReadTogetherAsync([.. keys, .. others], call);
            return (all[..keys.Length], Task.FromResult(all[keys.Length..]));
        }

        var sent = Send(keys, call);
        var read = ReadAsync(others, call).AsTask();
        ReplyAwaiter.Abandon(read);
        return (await ReceiveAsync(sent, call), read);
    }

    /// <summary>Whether an entry can be asked for by the same command.</summary>
    public bool MayAskTogether(OperationContext call) => reads.MayAskTogether(call);

    /// <summary>
    /// The values under the keys, and the entry under another one, by one command, where that <see cref="MayAskTogether"/>.
    /// </summary>
    /// <returns>An entry that holds no string is not told from one that is not there.</returns>
    public ValueTask<(string?[] Values, EntryReadResult Entry)> ReadWithEntryAsync(string entryKey, string[] keys, OperationContext call) =>
        reads.AskWithEntryAsync(entryKey, keys, call);

    /// <summary>The questions alone, for a caller that has others for the same round trip. To be received in any case.</summary>
    public SentReads Send(string[] keys, OperationContext call) => reads.Send(keys, call);

    /// <summary>The answers to <see cref="Send"/>.</summary>
    public static ValueTask<string?[]> ReceiveAsync(SentReads sent, OperationContext call) => GenerationReader.ReceiveAsync(sent, call);

    /// <summary>They are received, though nobody wants them any more.</summary>
    public static void Abandon(SentReads sent) => ReplyAwaiter.Abandon(ReceiveAsync(sent, OperationContext.Detached()).AsTask());

    /// <summary>
    /// The values under the keys, made where there are none, or what no generation has, in one round trip. Each lasts for
    /// <paramref name="atLeast"/> from now. A Redis that takes no writes still says those that there are, if there are all of them.
    /// </summary>
    public async ValueTask<string?[]> ReadOrCreateAsync(string[] keys, TimeSpan atLeast, OperationContext call)
    {
        try
        {
            return await Task.WhenAll(keys.Select(key => ReadOrCreateAsync(key, Ttl.ToMilliseconds(atLeast), call).AsTask()));
        }
        catch (Exception refused) when (RedisFailures.IsRefusedWrite(refused))
        {
            var values = await ReadAsync(keys, call);
            if (values.Contains(null))
                throw;

            return values;
        }
    }

    /// <summary>
    /// Makes a generation last for <paramref name="atLeast"/> from now (null: for ever) and gives the key this value (null: leaves it its
    /// own), if the id it begins with is still the current one.
    /// </summary>
    /// <returns>False when the generation is no longer <paramref name="id"/>: what was made under it is not to be served as if it were
    /// new.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ExtendAsync(string key, string id, string? value, TimeSpan? atLeast, OperationContext call)
    {
        var command = value is null ? Extend : Replace;
        var extended = await executor.ExecuteAsync(command, key, (id, value ?? "", atLeast is { } span ? Ttl.ToMilliseconds(span) : null), call);
        return extended is not null && Replies.Integer(extended) == 1;
    }

    /// <summary>Ends a generation and begins the next in one step, for <see cref="Slack"/>, so that nothing can come in between.</summary>
    /// <returns>The new one; null when the generation was no longer <paramref name="id"/>: then there is none.</returns>
    public async ValueTask<string?> RenewAsync(string key, string id, OperationContext call)
    {
        var newId = GenerationValue.NewId();
        var renewed = await executor.ExecuteAsync(Renew, key, (id, newId), call);
        return Replies.Integer(renewed!) == 1 && !connection.Pending.Contains(key) ? newId : null;
    }

    /// <summary>
    /// Begins the next generation and keeps the ended one's id behind it: what was made under that may be served as stale, while it is made
    /// anew. Nothing where there is no generation.
    /// </summary>
    public async ValueTask MarkStaleAsync(string key, OperationContext call) =>
        await executor.ExecuteAsync(PushId, key, GenerationValue.NewId(), call);

    /// <summary>
    /// Exchanges the note behind a generation for a new random one, so that whoever knows the old one can tell; nothing where there is no
    /// generation.
    /// </summary>
    public async ValueTask UpdateMetadataAsync(string key, OperationContext call) =>
        await executor.ExecuteAsync(ExchangeNote, key, GenerationValue.NewId(), call);

    /// <summary>Why there is no generation under a key, and will be none for a moment; null: there is another reason.</summary>
    public Exception? PendingEvictionError(string key) => connection.Pending.Contains(key)
        ? new RedisConnectionException(
            ConnectionFailureType.UnableToConnect,
            CommandFlags.None,
            $"What is under '{key}' was removed while Redis was away, which has to be made up for first.",
            innerException: null,
            CommandStatus.Unknown)
        : null;

    /// <summary>Ends a generation: one DEL, however much was made under it.</summary>
    /// <returns>False when there was none.</returns>
    public async ValueTask<bool> RemoveAsync(string key, OperationContext call) => await executor.DeleteAsync([key], call) > 0;

    /// <summary>Ends generations, each after its guard was deleted: one DEL, but in a cluster.</summary>
    public ValueTask RemoveAsync(string[] keys, string[] guards, OperationContext call) => executor.DeleteAsync(keys, guards, call);

    private async ValueTask<string?> ReadOrCreateAsync(string key, long atLeastMs, OperationContext call)
    {
        var reply = await executor.ExecuteAsync(Create, key, (GenerationValue.NewId(), atLeastMs), call);
        if (reply is null)
            return null;

        if (!Replies.IsArray(reply))
            return Checked(key, Replies.Value(reply), connection.Telemetry);

        connection.Telemetry.GenerationDamaged(key);
        return Checked(key, Replies.Value(Replies.Array(reply, atLeast: 1)[0]), connection.Telemetry);
    }

    /// <summary>Null where there is no generation, or something else under its key, which is logged.</summary>
    public static string? Checked(string key, RedisValue value, ConnectionTelemetry report)
    {
        if (value.IsNull)
            return null;

        var text = (string?)value;
        if (GenerationValue.IsGeneration(text))
            return text;

        report.GenerationDamaged(key);
        return null;
    }
}
