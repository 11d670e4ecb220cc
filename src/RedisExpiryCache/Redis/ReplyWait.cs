using System.Diagnostics;
using System.Threading.Tasks.Sources;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// A wait for one reply, used again for another once it is over: a hit would else leave more behind than it has read. One whose time was over is not used again,
/// for its reply may still come.
/// </summary>
internal sealed class ReplyWait<T> : TimedWait, IValueTaskSource<T>
{
    private static readonly WarmPool<ReplyWait<T>> Pool = new(static () => new ReplyWait<T>());

    private readonly Action whenReplied;
    private ManualResetValueTaskSourceCore<T> core;
    private Task<T>? reply;
    private RedisRoute? route;
    private Call call;
    private CallBudget? budget;
    private long since;

    private ReplyWait()
    {
        whenReplied = WhenReplied;
        Deadlines.Add(this);
    }

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
        var version = wait.core.Version;
        reply.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(wait.whenReplied);
        return new ValueTask<T>(wait, version);
    }

    public override void Expired() => core.SetException(Waits.TimedOut(reply!, budget!));

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    public T GetResult(short token)
    {
        var told = route;
        try
        {
            var result = core.GetResult(token);
            told?.Succeeded();
            return result;
        }
        catch (Exception failure) when (told?.Failed(failure, call, since) is true)
        {
            throw;
        }
        finally
        {
            Reuse();
        }
    }

    private void Reuse()
    {
        (reply, route, call, budget) = (null, null, default, null);
        core.Reset();
        if (TryRest() && !Pool.TryReturn(this))
            Retire();
    }

    private void WhenReplied()
    {
        if (!TryEnd())
            return;

        if (reply!.IsCompletedSuccessfully)
            core.SetResult(reply.Result);
        else
            core.SetException(reply.Exception?.InnerException ?? new TaskCanceledException(reply));
    }
}
