using System.Diagnostics;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>
/// A wait for one reply, used again for another once it is over: a hit would else leave more behind than it has read. One whose time was
/// over is not used again, for its reply may still come.
/// </summary>
internal sealed class PooledReplySource<T> : PooledTimeoutSource<T>
{
    private static readonly PerCorePool<PooledReplySource<T>> Pool = new(static () => new PooledReplySource<T>());

    private readonly Action whenReplied;
    private Task<T>? reply;
    private RedisRoute? route;
    private OperationContext call;
    private TimeLimit? budget;
    private long since;

    private PooledReplySource()
        : base(continuesApart: false) => whenReplied = WhenReplied;

    /// <param name="reply">To come.</param>
    /// <param name="route">Is told of it; null: somebody else is.</param>
    /// <param name="call">Whose reply it is: one that does not block, and that nobody cancels.</param>
    /// <param name="budget">How long the call may take.</param>
    /// <exception cref="RedisTimeoutException">No reply in time.</exception>
    public static ValueTask<T> For(Task<T> reply, RedisRoute? route, OperationContext call, TimeLimit budget)
    {
        var wait = Pool.Rent();
        (wait.reply, wait.route, wait.call, wait.budget, wait.since) = (reply, route, call, budget, Stopwatch.GetTimestamp());
        wait.Begin(call.EndOf(budget.Time));
        var answer = wait.Answer;
        reply.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(wait.whenReplied);
        return answer;
    }

    public override void Expired() => Set(ReplyAwaiter.TimedOut(reply!, budget!, IsOverdue));

    protected override T Take(short token)
    {
        var told = route;
        try
        {
            var result = base.Take(token);
            told?.Succeeded();
            return result;
        }
        catch (Exception failure) when (told?.Failed(failure, call, since) is true)
        {
            throw;
        }
    }

    protected override void Clear() => (reply, route, call, budget) = (null, null, default, null);

    protected override bool TryReturn() => Pool.TryReturn(this);

    private void WhenReplied()
    {
        if (!TryEnd())
            return;

        if (reply!.IsCompletedSuccessfully)
            Set(reply.Result);
        else
            Set(reply.Exception?.InnerException is { } failure
                ? RedisFailures.WithoutArguments(failure)
                : new TaskCanceledException(reply));
    }
}
