using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>Where one command goes: the database, and the circuit of the server that has the key, which is told how it went.</summary>
internal readonly struct RedisRoute(
    RedisConnection connection, IDatabase database, EndpointCircuitBreaker circuit, string? key, Access access)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public IDatabase Database => database;

    public EndpointCircuitBreaker Circuit => circuit;

    public string? Key => key;

    public Access Access => access;

    public void Succeeded()
    {
        circuit.RecordSuccess(access);
        if (access != Access.Probe)
            connection.Cold.Replied();
    }

    /// <summary>An exception filter: see <see cref="CircuitBreakers.RecordFailure"/>.</summary>
    public bool Failed(Exception failure, OperationContext call, long since) =>
        connection.Circuits.RecordFailure(failure, this, call, since);

    /// <summary>Waits for a reply, and tells the circuit of it.</summary>
    public ValueTask<T> AwaitReplyAsync<T>(Task<T> reply, OperationContext call) =>
        ReplyAwaiter.IsPlain(call) ? PooledReplySource<T>.For(reply, this, call, connection.TimeLimitOf(call)) : CompleteOtherwise(reply, call);

    /// <summary>
    /// The same for a command that changes what <see cref="Key"/> holds: whatever becomes of it, this process has no copy of it from here
    /// on.
    /// </summary>
    public ValueTask<T> AwaitWriteAsync<T>(Task<T> reply, OperationContext call) =>
        connection.Near is { } near ? ChangeAsync(reply, near, call) : AwaitReplyAsync(reply, call);

    private async ValueTask<T> ChangeAsync<T>(Task<T> reply, NearCopies near, OperationContext call)
    {
        try
        {
            return await AwaitReplyAsync(reply, call);
        }
        finally
        {
            near.Drop(key!);
        }
    }

    private async ValueTask<T> CompleteOtherwise<T>(Task<T> reply, OperationContext call)
    {
        T result;
        var since = Stopwatch.GetTimestamp();
        try
        {
            result = reply.IsCompleted ? await reply : await ReplyAwaiter.ForReplyAsync(reply, call, connection.TimeLimitOf(call));
        }
        catch (Exception failure) when (Failed(failure, call, since) || !ReferenceEquals(RedisFailures.WithoutArguments(failure), failure))
        {
            throw RedisFailures.WithoutArguments(failure);
        }

        Succeeded();
        return result;
    }

    /// <summary>
    /// DEL. Where Redis is about to be able to, it is asked again until the call's time is over: an eviction is worth the wait.
    /// </summary>
    /// <returns>How many of the keys there were.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<long> DeleteAsync(IReadOnlyCollection<string> keys, OperationContext call)
    {
        try
        {
            return await AskUntilDeleted(keys, call);
        }
        finally
        {
            foreach (var deleted in keys)
                connection.Near?.Drop(deleted);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long> AskUntilDeleted(IReadOnlyCollection<string> keys, OperationContext call)
    {
        RedisServerException? said = null;
        while (true)
        {
            try
            {
                return Replies.Integer(await AwaitReplyAsync(RedisCommands.Delete(database, keys), call));
            }
            catch (RedisServerException notYet) when (RedisFailures.IsTransient(notYet) && !circuit.IsOpen && connection.HasTimeFor(Pause, call))
            {
                said = notYet;
                await ReplyAwaiter.PauseAsync(Pause, call);
            }
            catch (TimeoutException) when (said is not null)
            {
                // It has answered before: its own words tell more than that the time is over now.
                ExceptionDispatchInfo.Throw(said);
            }
        }
    }
}
