using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Tracking;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>
/// Reads of generations: several by one MGET where that is possible, else each by a GET, which callers who ask at the same time share: the
/// generation of everything is asked for by each request.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class GenerationReader(RedisConnection connection)
{
    private readonly RedisExecutor executor = new(connection);
    private readonly ReadCoalescer<string?> shared = new(connection);

    /// <summary>
    /// A cluster refuses keys of several slots in one command, and of what may become a copy the time to live is asked for too.
    /// </summary>
    public bool MayAskTogether(OperationContext call) => !call.Blocking && !connection.IsCluster && connection.Near is null;

    /// <summary>The values, and the entry under another key, by one command, where that <see cref="MayAskTogether"/>.</summary>
    public ValueTask<(string?[] Values, EntryReadResult Entry)> AskWithEntryAsync(string entryKey, string[] keys, OperationContext call) =>
        executor.GetAllAsync(
        [entryKey, .. keys],
        this,
        static (reads, keys, found) => (
            reads.Checked(keys.AsSpan(1), found.AsSpan(1)), EntryStore.Decoded(found[0], keys[0], EntryKind.Response)),
        call);

    /// <summary>The values, by one command and without near copies; not in a cluster.</summary>
    public ValueTask<string?[]> ReadTogetherAsync(string[] keys, OperationContext call) =>
        executor.GetAllAsync(keys, this, static (reads, keys, found) => reads.Checked(keys, found), call);

    /// <summary>The questions alone, for a caller that has others for the same round trip. To be received in any case.</summary>
    public SentReads Send(string[] keys, OperationContext call)
    {
        if (keys.Length > 1 && MayAskTogether(call))
            return new SentReads(ReadTogetherAsync(keys, call), []);

        var sent = new SentRead[keys.Length];
        for (var i = 0; i < sent.Length; i++)
            sent[i] = Send(keys[i], call);

        return new SentReads(default, sent);
    }

    /// <summary>The answers to <see cref="Send(string[], OperationContext)"/>.</summary>
    public static ValueTask<string?[]> ReceiveAsync(SentReads sent, OperationContext call) =>
        sent.Each.Length == 0 ? sent.Together : ReceiveAsync(sent.Each, call);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<string?[]> ReceiveAsync(SentRead[] sent, OperationContext call)
    {
        var values = new string?[sent.Length];
        ExceptionDispatchInfo? failed = null;
        for (var i = 0; i < sent.Length; i++)
        {
            try
            {
                values[i] = await (sent[i].Own is { } own ? ReceiveAsync(own, call) : sent[i].Answer);
            }
            catch (Exception failure)
            {
                failed ??= ExceptionDispatchInfo.Capture(failure);
            }
        }

        failed?.Throw();
        return values;
    }

    private string?[] Checked(ReadOnlySpan<string> keys, ReadOnlySpan<RedisValue> found)
    {
        var values = new string?[keys.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = GenerationStore.Checked(keys[i], found[i], connection.Telemetry);

        return values;
    }

    private SentRead Send(string key, OperationContext call)
    {
        if (call.Blocking)
        {
            // Nothing is waited for here but the connection, for which a blocking call blocks.
            var own = SendOwnAsync(key, call);
            return own.IsCompletedSuccessfully ? new SentRead(default, own.Result) : new SentRead(FailedAsync(own), null);
        }

        return new SentRead(
            shared.ReadAsync(key, call, (Reads: this, Key: key), static (question, call, _) => question.Reads.AskAsync(question.Key, call), out _), null);

        static async ValueTask<string?> FailedAsync(ValueTask<OwnRead> sending)
        {
            await sending;
            return null;
        }
    }

    private ValueTask<string?> AskAsync(string key, OperationContext call)
    {
        var sending = SendOwnAsync(key, call);
        return sending.IsCompletedSuccessfully ? ReceiveAsync(sending.Result, call) : AskLaterAsync(sending, call);

        static async ValueTask<string?> AskLaterAsync(ValueTask<OwnRead> sending, OperationContext call) => await ReceiveAsync(await sending, call);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<OwnRead> SendOwnAsync(string key, OperationContext call)
    {
        var redis = await connection.OpenAsync(key, Access.Read, call);
        if (connection.Pending.Contains(key))
            return new OwnRead(redis, null, default, connection.Telemetry);

        // In this order.
        var copying = TrackedRead.Begin(connection.Near, redis, key);
        return new OwnRead(redis, redis.Database.StringGetAsync(key, RedisCommands.Primary), copying, connection.Telemetry);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<string?> ReceiveAsync(OwnRead sent, OperationContext call)
    {
        try
        {
            if (sent.Reply is null
                || GenerationStore.Checked(sent.Redis.Key!, await sent.Redis.AwaitReplyAsync(sent.Reply, call), sent.Report) is not { } value)
                return null;

            sent.Copying.End().TryPut(value, sizeof(char) * value.Length);
            return value;
        }
        catch (RedisServerException failure) when (RedisErrors.IsWrongType(failure))
        {
            // A list or a hash under the key is no generation either.
            sent.Report.GenerationDamaged(sent.Redis.Key!);
            return null;
        }
    }
}

/// <summary>Questions about several keys, as one or each on its own.</summary>
internal readonly record struct SentReads(ValueTask<string?[]> Together, SentRead[] Each);

/// <summary>A question about one key: an answer to come, or what a blocking call has sent and not waited for yet.</summary>
internal readonly record struct SentRead(ValueTask<string?> Answer, OwnRead? Own);

/// <summary>A question that goes to Redis, and the reply to come; null: the key is not to be found just now.</summary>
internal readonly record struct OwnRead(RedisRoute Redis, Task<RedisValue>? Reply, TrackedRead Copying, ConnectionTelemetry Report);
