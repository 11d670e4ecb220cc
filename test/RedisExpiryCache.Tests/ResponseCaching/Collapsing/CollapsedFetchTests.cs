using RedisExpiryCache.ResponseCaching.Collapsing;

namespace RedisExpiryCache.Tests.ResponseCaching.Collapsing;

/// <summary>Which requests of a collapsed fetch call the origin, and when.</summary>
public sealed class CollapsedFetchTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly CollapsedFetch fetch = new("key", TimeSpan.FromHours(1), TimeProvider.System);
    private readonly List<Task<CollapseResult>> joined = [];
    private readonly List<OriginCall> calls = [];

    [Fact]
    public void The_first_request_leads_and_the_others_follow()
    {
        Join(3);
        Assert.Single(Leaders());
    }

    [Fact]
    public void Groups_grow_to_eight_as_each_one_fails()
    {
        Join(50);
        List<int> groups = [];
        while (Leaders() is { Length: > 0 } group)
        {
            groups.Add(group.Length);
            EndAll(group, CollapsedFetchEnd.Failed);
        }

        Assert.Equal([1, 1, 2, 4, 8, 8, 8, 8, 8, 2], groups);
    }

    [Fact]
    public void A_group_waits_for_all_of_the_one_before()
    {
        Join(10);
        EndAll(Leaders(), CollapsedFetchEnd.Failed);
        EndAll(Leaders(), CollapsedFetchEnd.Inconclusive);
        var pair = Leaders();
        EndAll(pair[..1], CollapsedFetchEnd.Failed);
        Assert.Equal(pair[1..], Leaders());
        EndAll(pair[1..], CollapsedFetchEnd.Failed);
        Assert.Equal(4, Leaders().Length);
    }

    [Fact]
    public void A_node_without_the_lock_makes_one_call_at_a_time()
    {
        fetch.MayGrow = false;
        Join(10);
        for (var i = 0; i < 10; i++)
            EndAll([Assert.Single(Leaders())], CollapsedFetchEnd.Failed);

        Assert.Null(fetch.TryJoin(NewCall(), 0, mayBeStale: false, Token));
    }

    [Theory]
    [InlineData(CollapsedFetchEnd.NotShareable, typeof(CollapseResult.FetchAlone))]
    [InlineData(CollapsedFetchEnd.Retry, typeof(CollapseResult.Retry))]
    [InlineData(CollapsedFetchEnd.Shared, typeof(CollapseResult.Retry))]
    public async Task An_end_that_is_good_for_all_releases_all_and_ends_the_fetch(object end, Type result)
    {
        Join(5);
        Assert.True(fetch.TryEnd(Leaders()[0], (CollapsedFetchEnd)end, response: null));
        Assert.All(await Task.WhenAll(joined.Skip(1)), one => Assert.IsType(result, one));
        Assert.Null(fetch.TryJoin(NewCall(), 0, mayBeStale: false, Token));
    }

    [Fact]
    public async Task A_failure_answers_followers_that_may_be_answered_stale()
    {
        Join(1);
        Join(3, mayBeStale: true);
        Join(2);
        EndAll(Leaders(), CollapsedFetchEnd.Failed);
        Assert.All(await Task.WhenAll(joined[1..4]), static one => Assert.IsType<CollapseResult.OriginFailed>(one));
        Assert.Single(Leaders());
    }

    [Fact]
    public async Task A_follower_whose_client_leaves_is_passed_over()
    {
        using var leaving = new CancellationTokenSource();
        Join(1);
        var leaver = fetch.TryJoin(NewCall(), long.MaxValue / 2, mayBeStale: false, leaving.Token)!;
        Join(1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        EndAll(Leaders(), CollapsedFetchEnd.Failed);
        Assert.Single(Leaders());
    }

    [Fact]
    public async Task A_follower_whose_CollapseTimeout_is_over_when_a_group_fails_makes_no_further_call()
    {
        Join(1);
        joined.Add(fetch.TryJoin(NewCall(), TimeProvider.System.GetTimestamp(), mayBeStale: false, Token)!);
        var arrived = TimeProvider.System.GetTimestamp() - (2 * TimeProvider.System.TimestampFrequency * 3600);
        joined.Add(fetch.TryJoin(NewCall(), arrived, mayBeStale: false, Token)!);
        EndAll(Leaders(), CollapsedFetchEnd.Failed);
        Assert.IsType<CollapseResult.OriginFailed>(await joined[^1]);
        Assert.Single(Leaders());
    }

    private OriginCall NewCall()
    {
        var call = new OriginCall(collapser: null, "resource", "variant");
        calls.Add(call);
        return call;
    }

    private void Join(int count, bool mayBeStale = false)
    {
        for (var i = 0; i < count; i++)
            joined.Add(fetch.TryJoin(NewCall(), TimeProvider.System.GetTimestamp(), mayBeStale, Token)!);
    }

    private OriginCall[] Leaders() => [.. calls.Where(static call => call.IsLeading)];

    private void EndAll(OriginCall[] ended, CollapsedFetchEnd end)
    {
        calls.RemoveAll(ended.Contains);
        foreach (var call in ended)
            fetch.TryEnd(call, end, response: null);
    }
}
