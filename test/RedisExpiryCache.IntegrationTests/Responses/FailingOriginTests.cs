using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A collapsed fetch whose leader fails: its followers call the origin in growing groups, never all at once.</summary>
public sealed class FailingOriginTests(RedisFixture fixture)
{
    private const int MostAtOnce = 8;

    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(Failure.Throws)]
    [InlineData(Failure.AnswersWith500)]
    [InlineData(Failure.AnswersWith429AndNoStore)]
    [InlineData(Failure.ThrowsInTheBody)]
    [InlineData(Failure.CutsTheBodyShort)]
    public async Task A_leader_that_fails_once_costs_a_hundred_followers_at_most_eight_calls(Failure how)
    {
        var origin = new FailingOrigin(fixture, how, failingCalls: 1);
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient));
        var statuses = await LeadAndFollowAsync(origin, app);

        Assert.All(statuses.Skip(1), static status => Assert.Equal(200, status));
        Assert.InRange(origin.Calls, 2, MostAtOnce);
    }

    [Theory]
    [InlineData(Failure.Throws)]
    [InlineData(Failure.AnswersWith500)]
    [InlineData(Failure.CutsTheBodyShort)]
    public async Task An_origin_that_always_fails_is_called_by_at_most_eight_of_a_hundred_at_once(Failure how)
    {
        var origin = new FailingOrigin(fixture, how, failingCalls: int.MaxValue);
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient));
        var statuses = await LeadAndFollowAsync(origin, app);

        Assert.All(statuses, static status => Assert.NotEqual(200, status));
        Assert.InRange(origin.MostAtOnce, 1, MostAtOnce);
    }

    [Fact]
    public async Task Followers_whose_CollapseTimeout_is_over_get_503_from_an_origin_that_fails_slowly()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: int.MaxValue);
        await using var app = await origin.StartAsync(FailingOrigin.Within(TimeSpan.FromMilliseconds(100)));
        var statuses = await LeadAndFollowAsync(origin, app);

        Assert.Contains(503, statuses);
        Assert.All(statuses, static status => Assert.True(status is 500 or 503, $"{status}"));
    }

    [Fact]
    public async Task A_leader_that_hangs_for_ever_costs_a_hundred_followers_at_most_eight_calls()
    {
        var origin = new FailingOrigin(fixture, Failure.Hangs, failingCalls: 1);
        await using var app = await origin.StartAsync(FailingOrigin.Within(Short));
        using var leaving = new CancellationTokenSource();
        using var request = app.Request(HttpMethod.Get, "/page");
        var leader = app.Client.SendAsync(request, leaving.Token);
        await origin.CalledAsync(1);

        Assert.All(await WaitAsync(origin, FailingOrigin.Send(app)), static status => Assert.Equal(200, status));
        Assert.InRange(origin.Calls, 2, MostAtOnce);
        Assert.False(leader.IsCompleted);
        await leaving.CancelAsync();
    }

    [Fact]
    public async Task An_answer_slower_than_CollapseTimeout_is_shared_and_costs_a_hundred_followers_at_most_eight_calls()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 0);
        await using var app = await origin.StartAsync(FailingOrigin.Within(Short));
        origin.All.Close();
        var crowd = FailingOrigin.Send(app);

        // The second call says that the first one has taken longer.
        await origin.CalledAsync(2);
        origin.All.Open();

        Assert.All(await Task.WhenAll(crowd), static status => Assert.Equal(200, status));
        Assert.InRange(origin.Calls, 2, MostAtOnce);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_whose_client_leaves_before_the_first_byte_is_replaced_by_one_follower(bool answers499)
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 0) { Answers499ToAbortedRequests = answers499 };
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient));
        origin.First.Close();
        using var leaving = new CancellationTokenSource();
        using var request = app.Request(HttpMethod.Get, "/page");
        var leader = app.Client.SendAsync(request, leaving.Token);
        await origin.CalledAsync(1);
        var crowd = FailingOrigin.Send(app);
        await Crowds.LookedAsync(app, 1 + FailingOrigin.Followers);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);

        Assert.All(await Task.WhenAll(crowd), static status => Assert.Equal(200, status));
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Leaders_whose_clients_leave_one_after_another_never_release_all_followers()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 0);
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient));
        origin.All.Close();
        using var leaving = new CancellationTokenSource();
        List<Task> leavers = [];
        for (var i = 1; i <= 5; i++)
        {
            leavers.Add(app.Client.SendAsync(app.Request(HttpMethod.Get, "/page"), leaving.Token));
            await Crowds.LookedAsync(app, i);
            await origin.CalledAsync(1);
        }

        var crowd = FailingOrigin.Send(app);
        await Crowds.LookedAsync(app, 5 + FailingOrigin.Followers);
        for (var i = 0; i < 4; i++)
        {
            // Each time all that are in the origin leave.
            var before = origin.Calls;
            origin.AbortAll();
            await origin.CalledAsync(before + 1);
        }

        origin.All.Open();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(leavers));
        Assert.Contains(200, await Task.WhenAll(crowd));
        Assert.InRange(origin.MostAtOnce, 1, MostAtOnce);
    }

    [Fact]
    public async Task Without_Redis_a_page_that_always_fails_quickly_is_called_by_at_most_eight_at_once()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: int.MaxValue);
        await using var app = await origin.StartAsync(FailingOrigin.WithoutRedis(Patient));
        var statuses = await LeadAndFollowAsync(origin, app);

        Assert.All(statuses, static status => Assert.Equal(500, status));
        Assert.InRange(origin.MostAtOnce, 1, MostAtOnce);
    }

    [Fact]
    public async Task Two_variants_of_a_page_whose_leader_fails_cost_at_most_eight_calls_each()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 1) { Vary = "Accept-Language" };
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient));
        origin.First.Close();
        Task<Answer>[] crowd =
        [
            .. Enumerable.Range(0, FailingOrigin.Followers)
                .Select(i => app.GetAsync("/page", ("Accept-Language", i % 2 == 0 ? "de" : "en"))),
        ];
        await Crowds.LookedAsync(app, FailingOrigin.Followers);
        origin.First.Open();

        var answers = await Task.WhenAll(crowd);
        Assert.All(
            answers.Index().Where(static pair => (int)pair.Item.Status == 200),
            static pair => Assert.EndsWith(pair.Index % 2 == 0 ? "de" : "en", pair.Item.Body, StringComparison.Ordinal));
        Assert.Single(answers, static answer => (int)answer.Status != 200);
        Assert.InRange(origin.Calls, 3, 2 * MostAtOnce);
    }

    [Fact]
    public async Task Followers_that_may_be_answered_stale_are_as_soon_as_the_leader_has_failed()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 1)
        {
            HealthyCalls = 1,
            MoreCacheControl = ", stale-if-error=600",
        };
        await using var app = await origin.StartAsync(FailingOrigin.Within(Patient) with { Time = time });
        await app.WarmAsync("/page");
        time.Advance(TimeSpan.FromSeconds(61));
        origin.First.Close();
        var looked = app.Metrics.Count("response.lookup.duration");
        var crowd = FailingOrigin.Send(app);
        await Crowds.LookedAsync(app, looked + FailingOrigin.Followers);
        origin.First.Open();

        Assert.All(await Task.WhenAll(crowd), static status => Assert.Equal(200, status));
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Two_nodes_call_an_origin_that_always_fails_from_nine_requests_at_once_at_most()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: int.MaxValue);
        await using var one = await origin.StartAsync(FailingOrigin.Within(Patient));
        await using var other = await origin.StartAsync(FailingOrigin.Within(Patient, one.Prefix));
        origin.First.Close();
        var crowd = FailingOrigin.Send(one).Concat(FailingOrigin.Send(other)).ToArray();
        await Crowds.LookedAsync(one, FailingOrigin.Followers);
        await Crowds.LookedAsync(other, FailingOrigin.Followers);
        origin.First.Open();

        Assert.All(await Task.WhenAll(crowd), static status => Assert.Equal(500, status));
        Assert.InRange(origin.MostAtOnce, 1, MostAtOnce + 1);
    }

    [Fact]
    public async Task Three_nodes_whose_leader_fails_once_call_the_origin_at_most_eight_times()
    {
        var origin = new FailingOrigin(fixture, Failure.Throws, failingCalls: 1);
        await using var first = await origin.StartAsync(FailingOrigin.Within(Patient));
        await using var second = await origin.StartAsync(FailingOrigin.Within(Patient, first.Prefix));
        await using var third = await origin.StartAsync(FailingOrigin.Within(Patient, first.Prefix));
        origin.First.Close();
        CachedApp[] nodes = [first, second, third];
        var crowd = nodes.SelectMany(static node => FailingOrigin.Send(node)).ToArray();
        foreach (var node in nodes)
            await Crowds.LookedAsync(node, FailingOrigin.Followers);

        origin.First.Open();
        Assert.Equal(1, (await Task.WhenAll(crowd)).Count(static status => status != 200));
        Assert.InRange(origin.Calls, 2, MostAtOnce);
    }

    private static async Task<int?[]> LeadAndFollowAsync(FailingOrigin origin, CachedApp app)
    {
        origin.First.Close();
        var leader = FailingOrigin.StatusAsync(app);
        await origin.CalledAsync(1);
        var followers = FailingOrigin.Send(app);
        await Crowds.LookedAsync(app, 1 + FailingOrigin.Followers);
        origin.First.Open();
        return await WaitAsync(origin, [leader, .. followers]);
    }

    /// <summary>Writes the figures of docs/guarantees.md to the output of the test.</summary>
    private static async Task<int?[]> WaitAsync(FailingOrigin origin, Task<int?>[] requests)
    {
        var began = Stopwatch.GetTimestamp();
        var statuses = await Task.WhenAll(requests);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{origin.Calls} calls, {origin.MostAtOnce} at once, last answer after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s");
        return statuses;
    }
}
