using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>A question that is asked for several: they join it until it is asked.</summary>
/// <param name="budget">Of the first of them: what is asked for several is nobody's call.</param>
/// <param name="letGo">What becomes of an answer for somebody who has left; null: nothing.</param>
internal abstract class CoalescedRead<T>(TimeLimit? budget, Action<T>? letGo)
{
    private readonly List<Seat> seats = [];
    private TaskCompletionSource<T>? answer;
    private int count;

    /// <summary>Whether somebody looks after what it comes to, of those who do not wait for it.</summary>
    public bool IsLookedAfter { get; set; }

    /// <summary>For a caller that waits until its time is over.</summary>
    public ValueTask<T> Join(OperationContext call, TimeLimit own)
    {
        count++;
        var seat = Seat.For(call, own);
        seats.Add(seat);
        return seat.Answer;
    }

    /// <summary>For a caller that may leave earlier, and lets go of the answer itself then.</summary>
    public Task<T> Join()
    {
        count++;

        // Else the first of them would keep all others waiting, and the next question.
        answer ??= new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return answer.Task;
    }

    /// <summary>Once nobody can join any more.</summary>
    public async Task SendAsync()
    {
        T result;
        try
        {
            result = await SendAsync(OperationContext.Detached(budget), count);
        }
        catch (Exception failure)
        {
            seats.ForEach(seat => seat.TryFail(failure));
            if (answer is not null)
            {
                // Perhaps all of them have left.
                ReplyAwaiter.Abandon(answer.Task);
                answer.SetException(failure);
            }

            return;
        }

        foreach (var seat in seats)
        {
            if (!seat.TryTell(result))
                letGo?.Invoke(result);
        }

        answer?.SetResult(result);
    }

    protected abstract ValueTask<T> SendAsync(OperationContext call, int count);

    /// <summary>One who waits. Used again for others, unless its time was over: then the question still knows it.</summary>
    private sealed class Seat() : PooledTimeoutSource<T>(continuesApart: true)
    {
        private static readonly PerCorePool<Seat> Pool = new(static () => new Seat());

        private TimeLimit? budget;

        public static Seat For(OperationContext call, TimeLimit budget)
        {
            var seat = Pool.Rent();
            seat.budget = budget;
            seat.Begin(call.EndOf(budget.Time));
            return seat;
        }

        public bool TryTell(T answer)
        {
            var isThere = TryEnd();
            if (isThere)
                Set(answer);

            return isThere;
        }

        public void TryFail(Exception failure)
        {
            if (TryEnd())
                Set(failure);
        }

        public override void Expired() => Set(ReplyAwaiter.TimedOut(budget!));

        protected override void Clear() => budget = null;

        protected override bool TryReturn() => Pool.TryReturn(this);
    }
}

/// <param name="budget">Of the first who joins.</param>
/// <param name="letGo">What becomes of an answer for somebody who has left.</param>
/// <param name="state">For <paramref name="ask"/>: the first one's.</param>
/// <param name="ask">How it is asked.</param>
internal sealed class CoalescedRead<T, TState>(TimeLimit? budget, Action<T>? letGo, TState state, Func<TState, OperationContext, int, ValueTask<T>> ask)
    : CoalescedRead<T>(budget, letGo)
{
    protected override ValueTask<T> SendAsync(OperationContext call, int count) => ask(state, call, count);
}
