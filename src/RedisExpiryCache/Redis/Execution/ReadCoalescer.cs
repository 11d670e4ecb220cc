using System.Runtime.CompilerServices;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>
/// Questions about one key that would be under way at the same time are made one: of a crowd, Redis hears a question for each round trip,
/// not for each caller. Who comes while one is under way does not get its answer, which may be older than the question, but shares the next
/// one, sent when that answer is there:
/// <code>
///   A   asks ──────────────► has its answer
///   B        comes ········· asks ──────────────► B and C have theirs
///   C              comes ···
/// </code>
/// So an answer is never from before the caller came, and a caller waits for two round trips at most. Callers of other keys are not held
/// up. Before the next question is sent, whatever is ready to run goes first: who has got an answer gives one, and whoever comes again
/// meanwhile joins.
/// <para>Failure policy: whoever shares a question shares its failure.</para>
/// </summary>
internal sealed class ReadCoalescer<T>(RedisConnection connection, Action<T>? letGo = null)
{
    private const int LineCount = 256;

    /// <summary>How often what is ready to run goes first. With each, fewer questions are asked and each takes a little longer.</summary>
    private const int Turns = 4;

    private readonly Slot[] lines = [.. Enumerable.Range(0, LineCount).Select(static _ => new Slot())];

    /// <summary>Asks, or waits for what is asked for the caller too.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="call">The caller's. What is asked for several is nobody's call: each of them waits as its own call says, and may
    /// leave.</param>
    /// <param name="state">For <paramref name="ask"/>.</param>
    /// <param name="ask">Is told by which call to ask, and how many get the answer: each lets go of it once.</param>
    /// <param name="isShared">Whether the question was asked in the words of another caller, perhaps.</param>
    /// <param name="keep">Copies what of the state ends with the caller; called only where the question is asked for several.</param>
    public ValueTask<T> ReadAsync<TState>(
        string key,
        OperationContext call,
        TState state,
        Func<TState, OperationContext, int, ValueTask<T>> ask,
        out bool isShared,
        Func<TState, TState>? keep = null)
    {
        isShared = false;
        if (call.Blocking)
            return ask(state, call, 1);

        var line = LineOf(key);
        var leads = false;
        Task<T>? answer = null;
        lock (line)
        {
            isShared = line.Key == key;
            if (isShared)
            {
                var next = line.NextOr(call, letGo, state, ask, keep);
                if (ReplyAwaiter.IsPlain(call))
                    return next.Join(call, connection.TimeLimitOf(call));

                answer = next.Join();
            }
            else
            {
                leads = line.TryOpen(key);
            }
        }

        return answer is null ? LeadAsync(leads ? line : null, call, state, ask) : ForAnswerAsync(answer, call);
    }

    /// <summary>
    /// Has it asked, for a caller that does not wait for the answer. What waits for its turn already will do for all of them.
    /// </summary>
    /// <returns>What it comes to, for one of them to look after; null for the others.</returns>
    public Task<T>? ReadInBackground<TState>(
        string key, OperationContext call, TState state, Func<TState, OperationContext, int, ValueTask<T>> ask)
    {
        var line = LineOf(key);
        bool leads;
        lock (line)
        {
            if (line.Key == key)
            {
                var next = line.NextOr(call, letGo, state, ask);
                if (next.IsLookedAfter)
                    return null;

                next.IsLookedAfter = true;
                return next.Join();
            }

            leads = line.TryOpen(key);
        }

        return LeadAsync(leads ? line : null, call, state, ask).AsTask();
    }

    private Slot LineOf(string key) => lines[(uint)string.GetHashCode(key, StringComparison.Ordinal) % LineCount];

    /// <summary>Asks for the caller itself; without a line where another key is in it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<T> LeadAsync<TState>(
        Slot? line, OperationContext call, TState state, Func<TState, OperationContext, int, ValueTask<T>> ask)
    {
        try
        {
            return await ask(state, call, 1);
        }
        finally
        {
            if (line?.TakeNext() is { } next)
                ExecutionContextFlow.Begin(() => FollowAsync(line, next));
        }
    }

    private static async Task FollowAsync(Slot line, CoalescedRead<T> first)
    {
        for (var question = first; question is not null; question = line.TakeNext())
        {
            await question.SendAsync();
            for (var turn = 0; turn < Turns; turn++)
                await Task.Yield();
        }
    }

    private async ValueTask<T> ForAnswerAsync(Task<T> answer, OperationContext call)
    {
        try
        {
            return await connection.AwaitSharedAsync(answer, call);
        }
        catch when (letGo is not null)
        {
            ExecutionContextFlow.Begin(() => LetGoAsync(answer, letGo));
            throw;
        }
    }

    /// <summary>Who has left has no use for the answer.</summary>
    private static async Task LetGoAsync(Task<T> answer, Action<T> letGo)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully)
            letGo(await answer);
    }

    /// <summary>While it has a key, a question about that is under way, or about to be asked.</summary>
    private sealed class Slot
    {
        private CoalescedRead<T>? next;

        public string? Key { get; private set; }

        /// <summary>To be called under the lock of the line, as is <see cref="NextOr"/>.</summary>
        /// <returns>False: another key is in it.</returns>
        public bool TryOpen(string key)
        {
            if (Key is not null)
                return false;

            Key = key;
            return true;
        }

        /// <summary>The question to come, which this caller begins if there is none.</summary>
        public CoalescedRead<T> NextOr<TState>(
            OperationContext call, Action<T>? letGo, TState state, Func<TState, OperationContext, int, ValueTask<T>> ask, Func<TState, TState>? keep = null) =>
            next ??= new CoalescedRead<T, TState>(call.Limit, letGo, keep is null ? state : keep(state), ask);

        /// <summary>From here on nobody joins it any more.</summary>
        /// <returns>Null: nobody has joined, and the line is free.</returns>
        public CoalescedRead<T>? TakeNext()
        {
            lock (this)
            {
                var taken = next;
                next = null;
                if (taken is null)
                    Key = null;

                return taken;
            }
        }
    }
}
