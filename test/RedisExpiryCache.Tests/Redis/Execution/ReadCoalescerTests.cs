using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Telemetry;
using StackExchange.Redis;

namespace RedisExpiryCache.Tests.Redis.Execution;

/// <summary>Questions that the test answers when it likes.</summary>
public sealed class ReadCoalescerTests : IDisposable
{
    private static readonly TimeLimit Long = new(TimeSpan.FromMinutes(1), "the test's patience");

    private readonly RedisConnection _connection = new(
        new RedisExpiringCacheOptions { ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("There is none.") },
        TimeProvider.System,
        new ConnectionTelemetry(new CacheMetrics(factory: null), loggerFactory: null));

    private readonly List<Asked> _asked = [];
    private readonly List<string> _letGo = [];
    private readonly AsyncLocal<string?> _ambient = new();
    private readonly ReadCoalescer<string> _calls;

    public ReadCoalescerTests() => _calls = new ReadCoalescer<string>(_connection, _letGo.Add);

    private sealed record Asked(string Key, OperationContext Call, int Count, TaskCompletionSource<string> Answer, string? Ambient);

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task Who_comes_while_a_question_is_under_way_gets_the_answer_to_the_next_one()
    {
        var first = Ask("key", out var isShared);
        Assert.False(isShared);
        Task<string>[] others = [Ask("key", out var second), Ask("key", out var third)];
        Assert.Equal((true, true, 1), (second, third, _asked.Count));

        _asked[0].Answer.SetResult("old");
        Assert.Equal("old", await first);
        Assert.Equal((2, 2), (_asked.Count, _asked[1].Count));
        Assert.All(others, static other => Assert.False(other.IsCompleted));

        _asked[1].Answer.SetResult("new");
        Assert.Equal(["new", "new"], await Task.WhenAll(others));
    }

    [Fact]
    public async Task Who_comes_when_the_next_one_has_been_sent_waits_for_the_one_after()
    {
        var first = Ask("key", out _);
        var second = Ask("key", out _);
        _asked[0].Answer.SetResult("1");
        await first;
        var third = Ask("key", out var isShared);
        Assert.Equal((true, 2), (isShared, _asked.Count));

        _asked[1].Answer.SetResult("2");
        Assert.Equal("2", await second);
        await Eventually(() => _asked.Count == 3);
        _asked[2].Answer.SetResult("3");
        Assert.Equal("3", await third);
    }

    [Fact]
    public async Task When_all_have_their_answers_the_next_asks_for_itself()
    {
        var first = Ask("key", out _);
        _asked[0].Answer.SetResult("1");
        await first;
        var second = Ask("key", out var isShared);
        Assert.Equal((false, 2), (isShared, _asked.Count));
        _asked[1].Answer.SetResult("2");
        Assert.Equal("2", await second);
    }

    [Fact]
    public void Another_key_is_asked_about_at_once()
    {
        // Enough of them for some to meet in one line.
        for (var i = 0; i < 1000; i++)
        {
            _ = Ask($"key {i}", out var isShared);
            Assert.Equal((false, i + 1), (isShared, _asked.Count));
        }
    }

    [Fact]
    public void A_blocking_call_asks_for_itself()
    {
        _ = Ask("key", out _);
        _ = _calls.ReadAsync("key", OperationContext.Sync(), "key", Send, out var isShared).AsTask();
        Assert.Equal((false, 2), (isShared, _asked.Count));
    }

    [Fact]
    public async Task Those_who_share_a_question_share_its_failure_and_the_next_is_asked_all_the_same()
    {
        var first = Ask("key", out _);
        var second = Ask("key", out _);
        _asked[0].Answer.SetException(new TimeoutException("first"));
        Assert.Equal("first", (await Assert.ThrowsAsync<TimeoutException>(() => first)).Message);
        _asked[1].Answer.SetException(new TimeoutException("second"));
        Assert.Equal("second", (await Assert.ThrowsAsync<TimeoutException>(() => second)).Message);

        // For itself or, if it comes at once, as the first of the next few.
        var third = Ask("key", out _);
        await Eventually(() => _asked.Count == 3);
        _asked[2].Answer.SetResult("3");
        Assert.Equal("3", await third);

        // And the line is free again, once what is ready to run has gone first: who comes then asks for itself.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var (isShared, count) = (true, 4); isShared; count++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
            var next = Ask("key", out isShared);
            await Eventually(() => _asked.Count == count);
            _asked[count - 1].Answer.SetResult("next");
            Assert.Equal("next", await next);
        }
    }

    [Fact]
    public async Task Who_leaves_hurts_nobody_and_lets_go_of_the_answer_when_it_comes()
    {
        using var leaving = new CancellationTokenSource();
        var first = Ask("key", out _);
        var leaver = _calls.ReadAsync("key", OperationContext.Async(leaving.Token), "key", Send, out _).AsTask();
        var stayer = Ask("key", out _);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);

        _asked[0].Answer.SetResult("1");
        await first;
        Assert.Equal((2, CancellationToken.None), (_asked[1].Count, _asked[1].Call.Token));
        _asked[1].Answer.SetResult("2");
        Assert.Equal("2", await stayer);
        await Eventually(() => _letGo is ["2"]);
    }

    [Fact]
    public async Task Whose_time_is_over_lets_go_of_the_answer_when_it_comes()
    {
        var first = Ask("key", out _);
        var hasty = _calls.ReadAsync("key", OperationContext.Detached(new TimeLimit(TimeSpan.FromMilliseconds(20), "haste")), "key", Send, out _).AsTask();
        var stayer = Ask("key", out _);
        Assert.Contains("haste", (await Assert.ThrowsAsync<RedisTimeoutException>(() => hasty)).Message, StringComparison.Ordinal);

        _asked[0].Answer.SetResult("1");
        await first;
        await Eventually(() => _asked.Count == 2);
        Assert.Equal(2, _asked[1].Count);
        _asked[1].Answer.SetResult("2");
        Assert.Equal("2", await stayer);
        await Eventually(() => _letGo is ["2"]);
    }

    [Fact]
    public async Task Who_does_not_wait_is_followed_by_a_question_that_one_of_them_looks_after()
    {
        var first = _calls.ReadInBackground("key", OperationContext.Detached(), "key", Send);
        var (second, third) = (_calls.ReadInBackground("key", OperationContext.Detached(), "key", Send), _calls.ReadInBackground("key", OperationContext.Detached(), "key", Send));
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(third);

        _asked[0].Answer.SetResult("1");
        await first;
        _asked[1].Answer.SetResult("2");
        Assert.Equal("2", await second);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task State_is_copied_once_for_callers_that_share_a_question_and_not_for_one_that_asks_alone()
    {
        var copies = 0;
        Task<string> first = Ask("first"), second = Ask("second"), third = Ask("third");
        Assert.Equal(1, copies);
        _asked[0].Answer.SetResult("1");
        await first;
        await Eventually(() => _asked.Count == 2);
        Assert.Equal(["first", "copy of second"], _asked.Select(static asked => asked.Key));
        _asked[1].Answer.SetResult("2");
        Assert.Equal(["2", "2"], await Task.WhenAll(second, third));

        Task<string> Ask(string state) => _calls.ReadAsync("key", OperationContext.Detached(Long), state, Send, out _, Copy).AsTask();

        string Copy(string state)
        {
            copies++;
            return $"copy of {state}";
        }
    }

    [Fact]
    public async Task A_shared_question_is_asked_without_the_context_of_the_caller_before_it()
    {
        _ambient.Value = "of the first";
        var first = Ask("key", out _);
        var second = Ask("key", out _);
        _asked[0].Answer.SetResult("1");
        await first;
        await Eventually(() => _asked.Count == 2);
        Assert.Null(_asked[1].Ambient);
        _asked[1].Answer.SetResult("2");
        await second;
    }

    private Task<string> Ask(string key, out bool isShared) => _calls.ReadAsync(key, OperationContext.Detached(Long), key, Send, out isShared).AsTask();

    private ValueTask<string> Send(string key, OperationContext call, int count)
    {
        var asked = new Asked(key, call, count, new TaskCompletionSource<string>(), _ambient.Value);
        lock (_asked)
            _asked.Add(asked);

        return new ValueTask<string>(asked.Answer.Task);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, deadline.Token);
    }
}
