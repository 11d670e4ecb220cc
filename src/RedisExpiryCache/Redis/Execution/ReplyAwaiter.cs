using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using RedisExpiryCache.Concurrency;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>
/// Waiting for the client library, no longer than a call may take. Our own timers, because the library notices a time-out only at its
/// heartbeat. What is not waited for any more goes on by itself.
/// </summary>
internal static class ReplyAwaiter
{
    /// <summary>Timers of a network guard follow real time, also where an app hands in a clock of its own.</summary>
    public static readonly TimeProvider RealTime = TimeProvider.System;

    /// <exception cref="RedisTimeoutException">No reply in time.</exception>
    public static ValueTask<T> ForReplyAsync<T>(Task<T> reply, OperationContext call, TimeLimit budget)
    {
        if (call.Blocking)
            return Block(reply, call, budget, out var isStarved) ? new ValueTask<T>(reply) : throw TimedOut(reply, budget, isStarved);

        return IsPlain(call) ? PooledReplySource<T>.For(reply, route: null, call, budget) : ForReplyOrTokenAsync(reply, call, budget);
    }

    /// <summary>It does not block, and nobody cancels it.</summary>
    public static bool IsPlain(OperationContext call) => !call.Blocking && !call.Token.CanBeCanceled;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<T> ForReplyOrTokenAsync<T>(Task<T> reply, OperationContext call, TimeLimit budget)
    {
        try
        {
            return await reply.WaitAsync(call.Left(budget.Time), RealTime, call.Token);
        }
        catch (TimeoutException expired) when (IsOurs(expired, reply))
        {
            throw TimedOut(reply, budget, ThreadPoolStarvation.IsOverdue(call.EndOf(budget.Time)));
        }
        catch (OperationCanceledException)
        {
            Abandon(reply);
            throw;
        }
    }

    /// <returns>False when there was none in time.</returns>
    public static async ValueTask<bool> ForConnectionAsync(Task connection, OperationContext call, TimeLimit budget)
    {
        if (call.Blocking)
            return Block(connection, call, budget, out var isStarved) || (isStarved ? throw TimedOut(connection, budget, true) : false);

        try
        {
            await connection.WaitAsync(call.Left(budget.Time), RealTime, call.Token);
            return true;
        }
        catch (TimeoutException expired) when (IsOurs(expired, connection))
        {
            return false;
        }
    }

    public static async ValueTask PauseAsync(TimeSpan pause, OperationContext call)
    {
        var over = Task.Delay(pause, RealTime, call.Token);
        if (call.Blocking)
            over.Wait(CancellationToken.None);

        await over;
    }

    /// <summary>Perhaps nobody waits for this any more when it ends: the caller has been told of a time-out, or has gone.</summary>
    public static void Abandon(Task task) =>
        task.ContinueWith(static late => _ = late.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);

    /// <summary>
    /// Whether the wait ended for want of time. The task may fail at the very moment; then its own failure is another exception.
    /// </summary>
    private static bool IsOurs(TimeoutException expired, Task task) => task.Exception?.InnerException != expired;

    private static bool Block(Task task, OperationContext call, TimeLimit budget, out bool isStarved)
    {
        isStarved = false;
        try
        {
            if (task.Wait(call.Left(budget.Time) / 2))
                return true;

            var probe = ThreadPoolProbe.Queue();
            if (task.Wait(call.Left(budget.Time)))
                return true;

            isStarved = !probe.WasPrompt;
            return false;
        }
        catch (AggregateException failed)
        {
            // Task.Wait wraps what it finds; the caller is to see the failure itself, as the asynchronous half shows it.
            ExceptionDispatchInfo.Throw(failed.InnerException!);
            throw;
        }
    }

    /// <summary>To be thrown; what comes late is nobody's any more.</summary>
    public static RedisTimeoutException TimedOut(Task reply, TimeLimit budget, bool isStarved)
    {
        Abandon(reply);
        return isStarved ? ThreadPoolStarvation.Marked(Starved(budget)) : TimedOut(budget);
    }

    private static RedisTimeoutException Starved(TimeLimit budget) => new(
        CommandFlags.None,
        $"No thread of the pool was free to process Redis' reply within {budget.Setting} ({budget.Time.TotalMilliseconds} ms). Call "
        + $"asynchronously, or set {nameof(RedisExpiringCacheOptions.DedicatedConnectionThreads)}.",
        CommandStatus.Unknown);

    /// <summary>To be thrown.</summary>
    public static RedisTimeoutException TimedOut(TimeLimit budget) => new(
        CommandFlags.None, $"Redis did not reply within {budget.Setting} ({budget.Time.TotalMilliseconds} ms).", CommandStatus.Unknown);
}
