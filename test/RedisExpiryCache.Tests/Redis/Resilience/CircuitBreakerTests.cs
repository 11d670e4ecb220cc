using RedisExpiryCache.Redis.Resilience;

namespace RedisExpiryCache.Tests.Redis.Resilience;

public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    private readonly CircuitBreaker _circuit = new(failuresBeforeOpening: 3, OpenFor);
    private long _calls;

    [Fact]
    public void It_opens_with_the_last_of_so_many_failures_in_a_row()
    {
        Assert.Equal([false, false, true, false], Fail(4));
        Assert.True(_circuit.IsOpen);
    }

    [Fact]
    public void An_answer_in_between_begins_the_count_anew()
    {
        Fail(2);
        Assert.False(_circuit.RecordSuccess());
        Assert.Equal([false, false, true], Fail(3));
    }

    [Fact]
    public void A_call_that_waits_for_several_replies_counts_once()
    {
        for (var reply = 0; reply < 10; reply++)
            Assert.False(_circuit.RecordFailure(call: 7, Start));

        Assert.Equal([false, true], Fail(2));
    }

    [Fact]
    public void One_failure_opens_it_where_one_is_enough()
    {
        var circuit = new CircuitBreaker(failuresBeforeOpening: 1, OpenFor);
        Assert.True(circuit.RecordFailure(call: 0, Start));
    }

    [Fact]
    public void Nobody_probes_what_is_closed()
    {
        Assert.False(_circuit.TryProbe(Start));
        Fail(2);
        Assert.False(_circuit.TryProbe(Start + TimeSpan.FromDays(1)));
    }

    [Fact]
    public void A_probe_is_due_once_it_has_been_open_for_its_time_and_for_one_caller()
    {
        Fail(3);
        Assert.False(_circuit.TryProbe(Start + OpenFor - TimeSpan.FromTicks(1)));
        Assert.True(_circuit.TryProbe(Start + OpenFor));
        Assert.False(_circuit.TryProbe(Start + OpenFor));
        Assert.False(_circuit.TryProbe(Start + 2 * OpenFor - TimeSpan.FromTicks(1)));
        Assert.True(_circuit.TryProbe(Start + 2 * OpenFor));
    }

    [Fact]
    public void Calls_that_began_before_it_opened_and_fail_now_put_nothing_off()
    {
        Fail(3);
        _circuit.RecordFailure(call: 100, Start + OpenFor / 2);
        Assert.True(_circuit.TryProbe(Start + OpenFor));
    }

    [Fact]
    public void An_answer_closes_it_once()
    {
        Fail(3);
        Assert.True(_circuit.RecordSuccess());
        Assert.False(_circuit.IsOpen);
        Assert.False(_circuit.RecordSuccess());
        Assert.Equal([false, false, true], Fail(3));
    }

    [Fact]
    public void Of_many_at_once_one_opens_it_one_probes_and_one_closes_it()
    {
        var circuit = new CircuitBreaker(failuresBeforeOpening: 100, OpenFor);
        Assert.Equal(1, CountOf(call => circuit.RecordFailure(call + 1, Start)));
        Assert.Equal(1, CountOf(_ => circuit.TryProbe(Start + OpenFor)));
        Assert.Equal(1, CountOf(_ => circuit.RecordSuccess()));
    }

    private static int CountOf(Func<long, bool> attempt)
    {
        var count = 0;
        Parallel.For(0, 1_000, call =>
        {
            if (attempt(call))
                Interlocked.Increment(ref count);
        });
        return count;
    }

    private bool[] Fail(int times) => [.. Enumerable.Range(0, times).Select(_ => _circuit.RecordFailure(++_calls, Start))];
}
