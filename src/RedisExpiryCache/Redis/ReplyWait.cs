using System.Diagnostics;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// A wait for one reply, used again for another once it is over: a hit would else leave more behind than it has read. One whose time was over is not used again,
/// for its reply may still come.
/// </summary>
internal sealed class ReplyWait<T> : TimedWait<T>
{
    private static readonly WarmPool<ReplyWait<T>> Pool = new(static () => new ReplyWait<T>());

    private readonly Action whenReplied;
    private Task<T>? reply;
    private RedisRoute? route;
    private Call call;
    private CallBudget? budget;
    private long since;

    private ReplyWait()
        : base(continuesApart: false) => whenReplied = WhenReplied;

    /// <param name="reply">To come.</param>
    /// <param name="route">Is told of it; null: somebody else is.</param>
    /// <param name="call">Whose reply it is: one that does not block, and that nobody cancels.</param>
    /// <param name="budget">How long the call may take.</param>
    /// <exception cref="RedisTimeoutException">No reply in time.</exception>
    public static ValueTask<T> For(Task<T> reply, RedisRoute? route, Call call, CallBudget budget)
    {
        var wait = Pool.Rent();
        (wait.reply, wait.route, wait.call, wait.budget, wait.since) = (reply, route, call, budget, Stopwatch.GetTimestamp());
        wait.Begin(call.EndOf(budget.Time));
        var answer = wait.Answer;
        reply.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(wait.whenReplied);
        return answer;
    }

    public override void Expired() => Set(Waits.TimedOut(reply!, budget!, IsOverdue));

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
