using System.Runtime.CompilerServices;

namespace RedisExpiryCache.Redis;

/// <summary>
/// Questions about one key that would be under way at the same time are made one: of a crowd, Redis hears a question for each round trip, not for each caller.
/// Who comes while one is under way does not get its answer, which may be older than the question, but shares the next one, sent when that answer is there:
/// <code>
///   A   asks ──────────────► has its answer
///   B        comes ········· asks ──────────────► B and C have theirs
///   C              comes ···
/// </code>
/// So an answer is never from before the caller came, and a caller waits for two round trips at most. Callers of other keys are not held up.
/// <para>Failure policy: whoever shares a question shares its failure.</para>
/// </summary>
internal sealed class SharedCalls<T>(RedisConnection connection, Action<T>? letGo = null)
{
    private const int LineCount = 256;

    private readonly Line[] lines = [.. Enumerable.Range(0, LineCount).Select(static _ => new Line())];

    /// <summary>Asks, or waits for what is asked for the caller too.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="call">The caller's. What is asked for several is nobody's call: each of them waits as its own call says, and may leave.</param>
    /// <param name="state">For <paramref name="ask"/>.</param>
    /// <param name="ask">Is told by which call to ask, and how many get the answer: each lets go of it once.</param>
    /// <param name="isShared">Whether the question was asked in the words of another caller, perhaps.</param>
    public ValueTask<T> AskAsync<TState>(string key, Call call, TState state, Func<TState, Call, int, ValueTask<T>> ask, out bool isShared)
    {
        isShared = false;
        if (call.Blocking)
            return ask(state, call, 1);

        if (Join(key, call, state, ask, out var line) is not { } batch)
            return LeadAsync(line, call, state, ask);

        isShared = true;
        return ForAnswerAsync(batch.Answer, call);
    }

    /// <summary>Has it asked, for a caller that does not wait for the answer. What waits for its turn already will do for all of them.</summary>
    /// <returns>What it comes to, for one of them to look after; null for the others.</returns>
    public Task<T>? AskBehind<TState>(string key, Call call, TState state, Func<TState, Call, int, ValueTask<T>> ask)
    {
        if (Join(key, call, state, ask, out var line) is not { } batch)
            return LeadAsync(line, call, state, ask).AsTask();

        return Interlocked.Exchange(ref batch.IsLookedAfter, 1) == 0 ? batch.Answer : null;
    }

    /// <returns>What the caller shares; null: it is to ask, as the first in the line, or without a line where another key is in it.</returns>
    private Batch? Join<TState>(string key, Call call, TState state, Func<TState, Call, int, ValueTask<T>> ask, out Line? line)
    {
        line = lines[(uint)string.GetHashCode(key, StringComparison.Ordinal) % LineCount];
        lock (line)
        {
            if (line.Key is null)
            {
                line.Key = key;
                return null;
            }

            if (line.Key == key)
            {
                line.Next ??= new Batch<TState>(call.Budget, state, ask);
                line.Next.Count++;
                return line.Next;
            }
        }

        line = null;
        return null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<T> LeadAsync<TState>(Line? line, Call call, TState state, Func<TState, Call, int, ValueTask<T>> ask)
    {
        try
        {
            return await ask(state, call, 1);
        }
        finally
        {
            if (line is not null && TakeNext(line) is { } next)
                _ = FollowAsync(line, next);
        }
    }

    private static async Task FollowAsync(Line line, Batch first)
    {
        for (var batch = first; batch is not null; batch = TakeNext(line))
            await batch.AskAsync();
    }

    /// <summary>From here on nobody joins it any more.</summary>
    private static Batch? TakeNext(Line line)
    {
        lock (line)
        {
            var next = line.Next;
            line.Next = null;
            if (next is null)
                line.Key = null;

            return next;
        }
    }

    private async ValueTask<T> ForAnswerAsync(Task<T> answer, Call call)
    {
        try
        {
            return await connection.ForAnswerAsync(answer, call);
        }
        catch when (letGo is not null)
        {
            _ = LetGoAsync(answer, letGo);
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

    /// <summary>While it has a key, a question about that is under way.</summary>
    private sealed class Line
    {
        public string? Key;
        public Batch? Next;
    }

    private abstract class Batch
    {
        public int Count;
        public int IsLookedAfter;

        public abstract Task<T> Answer { get; }

        public abstract Task AskAsync();
    }

    private sealed class Batch<TState>(CallBudget? budget, TState state, Func<TState, Call, int, ValueTask<T>> ask) : Batch
    {
        // Else the first of them would keep all others waiting, and the next question.
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task<T> Answer => answer.Task;

        public override async Task AskAsync()
        {
            try
            {
                answer.SetResult(await ask(state, Call.Detached(budget), Count));
            }
            catch (Exception failure)
            {
                // Perhaps all of them have left.
                Waits.Abandon(Answer);
                answer.SetException(failure);
            }
        }
    }
}
