using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Tests.Redis.Execution;

public class PooledReplySourceTests
{
    private static readonly TimeLimit Long = new(TimeSpan.FromMinutes(1), "the test's patience");
    private static readonly TimeLimit Short = new(TimeSpan.FromMilliseconds(20), nameof(RedisExpiringCacheOptions.OperationTimeout));

    [Fact]
    public async Task A_reply_in_time_is_the_result()
    {
        var reply = new TaskCompletionSource<int>();
        var wait = Wait(reply, Long).AsTask();
        Assert.False(wait.IsCompleted);
        reply.SetResult(7);
        Assert.Equal(7, await wait);
    }

    [Fact]
    public async Task A_failure_in_time_is_thrown_as_it_came()
    {
        var reply = new TaskCompletionSource<int>();
        var wait = Wait(reply, Long).AsTask();
        reply.SetException(new InvalidOperationException("READONLY"));
        Assert.Equal("READONLY", (await Assert.ThrowsAsync<InvalidOperationException>(() => wait)).Message);
    }

    [Fact]
    public async Task Without_a_reply_in_time_the_setting_that_says_so_is_named()
    {
        var failure = await Assert.ThrowsAsync<RedisTimeoutException>(() => Wait(new TaskCompletionSource<int>(), Short).AsTask());
        Assert.Contains("OperationTimeout (20 ms)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_that_comes_too_late_reaches_nobody()
    {
        var late = new TaskCompletionSource<int>();
        await Assert.ThrowsAsync<RedisTimeoutException>(() => Wait(late, Short).AsTask());

        var others = Enumerable.Range(0, 100).Select(static _ => new TaskCompletionSource<int>()).ToArray();
        var waits = Array.ConvertAll(others, static other => Wait(other, Long).AsTask());
        late.SetResult(-1);
        Assert.All(waits, static wait => Assert.False(wait.IsCompleted));
        for (var i = 0; i < others.Length; i++)
            others[i].SetResult(i);

        Assert.Equal(Enumerable.Range(0, 100), await Task.WhenAll(waits));
    }

    /// <summary>Waits are used again, so replies and time-outs at the same moment must not reach those who use them next.</summary>
    [Fact]
    public async Task However_replies_and_time_outs_fall_together_each_wait_ends_once_and_with_its_own()
    {
        var random = new Random(1);
        var (replied, late) = (0, 0);
        for (var round = 0; round < 40; round++)
        {
            var replies = Enumerable.Range(0, 200).Select(static _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
            var waits = replies.Select((reply, i) => EndAsync(reply, i)).ToArray();
            var order = Enumerable.Range(0, replies.Length).ToArray();
            random.Shuffle(order);
            await Task.Run(() =>
            {
                foreach (var i in order)
                {
                    Thread.SpinWait(random.Next(20_000));
                    replies[i].SetResult(i);
                }
            }, TestContext.Current.CancellationToken);
            foreach (var isReplied in await Task.WhenAll(waits))
                _ = isReplied ? replied++ : late++;
        }

        Assert.Equal(40 * 200, replied + late);
        Assert.True(replied > 0, "no reply came in time");
        Assert.True(late > 0, "no wait ran out of time");
    }

    [Fact]
    public async Task A_wait_whose_answer_nobody_takes_is_forgotten()
    {
        var before = TimeoutSweeper.Count;
        var replies = Enumerable.Range(0, 5_000).Select(static _ => new TaskCompletionSource<int>()).ToArray();
        var waits = Array.ConvertAll(replies, static reply => Wait(reply, Long));
        Assert.InRange(TimeoutSweeper.Count, before + 2_500, int.MaxValue);
        foreach (var reply in replies)
            reply.SetResult(1);

        Assert.All(waits, static wait => Assert.True(wait.IsCompleted));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (TimeoutSweeper.Count > before + 2_500)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
    }

    private static async Task<bool> EndAsync(TaskCompletionSource<int> reply, int expected)
    {
        try
        {
            Assert.Equal(expected, await Wait(reply, Short));
            return true;
        }
        catch (RedisTimeoutException)
        {
            return false;
        }
    }

    private static ValueTask<int> Wait(TaskCompletionSource<int> reply, TimeLimit budget) => PooledReplySource<int>.For(reply.Task, route: null, OperationContext.Detached(budget), budget);
}
