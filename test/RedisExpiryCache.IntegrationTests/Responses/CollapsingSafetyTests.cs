using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Nobody is the worse for having waited: not for who leaves, fails, hangs, or gets an answer for itself alone.</summary>
public sealed class CollapsingSafetyTests(RedisFixture fixture)
{
    private readonly Crowds crowds = new(fixture);

    [Fact]
    public async Task The_lock_of_a_node_that_has_gone_ends_by_itself()
    {
        // Longer than a busy machine takes to find the lock.
        var most = TimeSpan.FromSeconds(20);
        await using var app = await crowds.StartAsync(new AppSetup { Options = options => options.ResponseCaching.CollapseTimeout = most });
        await app.WarmAsync("/page");
        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        crowds.Gate.Close();
        var waiting = app.GetAsync("/page");
        await crowds.CalledAsync(2);
        var key = await crowds.LockKeyAsync(app);
        Assert.InRange((await fixture.Server.Raw.KeyTimeToLiveAsync(key)) ?? TimeSpan.MaxValue, TimeSpan.Zero, most);

        // As if the node that has it were another one, and gone.
        await fixture.Server.Raw.StringSetAsync(key, "somebody else", TimeSpan.FromSeconds(1));
        crowds.Gate.Open();
        await waiting;
        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        Assert.Equal("page 3", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task Nobody_waits_long_for_a_call_that_hangs()
    {
        await using var app = await crowds.StartAsync(new AppSetup { Options = static options => options.ResponseCaching.CollapseTimeout = TimeSpan.FromMilliseconds(300) });
        crowds.Gate.Close();
        var hanging = app.GetAsync("/hangs-once");
        await crowds.CalledAsync(1);

        var answers = await Task.WhenAll(Crowds.Send(app, "/hangs-once"));
        Assert.All(answers, static answer => Assert.StartsWith("page ", answer.Body, StringComparison.Ordinal));
        Assert.False(hanging.IsCompleted);
        crowds.Gate.Open();
        await hanging;
    }

    [Fact]
    public async Task Who_leaves_while_asking_the_app_leaves_the_call_to_another()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        using var leaving = new CancellationTokenSource();
        using var request = app.Request(HttpMethod.Get, "/page");
        var leader = app.Client.SendAsync(request, leaving.Token);
        await crowds.CalledAsync(1);
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, 1 + Crowds.Size);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        await crowds.CalledAsync(2);
        crowds.Gate.Open();

        var answers = await Task.WhenAll(crowd);
        Assert.All(answers, static answer => Assert.Equal("page 2", answer.Body));
        Assert.Equal(2, crowds.Calls);
    }

    [Fact]
    public async Task A_waiting_client_that_leaves_hurts_nobody()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var first = app.GetAsync("/page");
        await crowds.CalledAsync(1);
        using var leaving = new CancellationTokenSource();
        using var request = app.Request(HttpMethod.Get, "/page");
        var waiting = app.Client.SendAsync(request, leaving.Token);
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, 2 + Crowds.Size);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        crowds.Gate.Open();

        Assert.All(await Task.WhenAll([first, .. crowd]), static answer => Assert.Equal("page 1", answer.Body));
    }

    [Fact]
    public async Task An_exception_of_the_app_is_for_its_own_client_alone()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var first = app.GetAsync("/throws-once");
        await crowds.CalledAsync(1);
        var crowd = Crowds.Send(app, "/throws-once");
        await Crowds.LookedAsync(app, 1 + Crowds.Size);
        crowds.Gate.Open();

        Assert.Equal(500, (int)(await first).Status);
        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal(200, (int)answer.Status));
    }

    [Theory]
    [InlineData("/private")]
    [InlineData("/cookie")]
    [InlineData("/no-store")]
    public async Task What_is_for_one_client_is_given_to_no_other_and_lets_the_others_go_when_it_starts(string path)
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        using var request = app.Request(HttpMethod.Get, path);
        using var first = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        // The first is not over yet: its body waits at the gate.
        var crowd = Crowds.Send(app, path);
        await crowds.CalledAsync(Crowds.Size + 1);
        crowds.Gate.Open();

        var bodies = (await Task.WhenAll(crowd)).Select(static answer => answer.Body).Append(await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Crowds.Size + 1, bodies.Distinct().Count());
    }

    [Fact]
    public async Task After_two_answers_that_were_not_shareable_the_next_crowd_does_not_wait()
    {
        await using var app = await crowds.StartAsync();
        await app.GetAsync("/late-private");
        await app.GetAsync("/late-private");
        crowds.Gate.Close();
        var crowd = Crowds.Send(app, "/late-private");

        // All of them are in the app at once, though none has answered.
        await crowds.CalledAsync(Crowds.Size + 2);
        crowds.Gate.Open();
        await Task.WhenAll(crowd);
    }

    [Fact]
    public async Task Who_comes_after_an_eviction_does_not_wait_for_what_is_being_made_since_before()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var before = app.GetAsync("/page");
        await crowds.CalledAsync(1);
        await app.Control.EvictByTagAsync("pages", TestContext.Current.CancellationToken);
        var after = app.GetAsync("/page");
        await crowds.CalledAsync(2);
        crowds.Gate.Open();

        Assert.Equal("page 2", (await after).Body);
        Assert.Equal("page 1", (await before).Body);
    }
}
