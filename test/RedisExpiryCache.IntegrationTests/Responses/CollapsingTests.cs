using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class CollapsingTests(RedisFixture fixture) : CollapsingContract(fixture);

public sealed class InMemoryCollapsingTests(InMemoryFixture fixture) : CollapsingContract(fixture);

/// <summary>Many requests for what is not stored: one asks the app, the others wait for it.</summary>
public abstract class CollapsingContract(ServerFixture fixture)
{
    private readonly Crowds crowds = new(fixture);

    [Fact]
    public async Task A_crowd_on_a_cold_page_calls_the_app_once()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, Crowds.Size);
        crowds.Gate.Open();

        var answers = await Task.WhenAll(crowd);
        Assert.All(answers, static answer => Assert.Equal("page 1", answer.Body));
        Assert.Equal(1, crowds.Calls);
        Assert.Single(answers, static answer => answer.WasStored);
    }

    [Fact]
    public async Task Cache_Status_tells_that_a_request_was_collapsed()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, Crowds.Size);
        crowds.Gate.Open();

        var followers = (await Task.WhenAll(crowd)).Where(static answer => !answer.WasStored && !answer.IsHit).ToArray();
        Assert.NotEmpty(followers);
        Assert.All(followers, static answer => Assert.Equal("RedisExpiryCache; fwd=uri-miss; collapsed", answer.CacheStatus));
        Assert.All(followers, static answer => Assert.Equal(0, answer.Age));
    }

    [Fact]
    public async Task A_crowd_on_two_nodes_calls_the_app_once()
    {
        await using var one = await crowds.StartAsync();
        await using var other = await crowds.StartAsync(Crowds.Patient(one.Prefix));
        crowds.Gate.Close();
        var first = Crowds.Send(one, "/page", 1);
        await crowds.CalledAsync(1);
        var crowd = Crowds.Send(one, "/page").Concat(Crowds.Send(other, "/page")).ToArray();
        await Crowds.LookedAsync(one, 1 + Crowds.Size);
        await Crowds.LookedAsync(other, Crowds.Size);
        crowds.Gate.Open();

        var answers = await Task.WhenAll([.. first, .. crowd]);
        Assert.All(answers, static answer => Assert.Equal("page 1", answer.Body));
        Assert.Equal(1, crowds.Calls);
    }

    [Fact]
    public async Task A_lock_is_released_when_the_response_is_stored()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var first = app.GetAsync("/page");
        await crowds.CalledAsync(1);
        var key = await crowds.LockKeyAsync(app);
        crowds.Gate.Open();
        await first;

        await Eventually.True(async () => !await fixture.Server.Raw.KeyExistsAsync(key), Crowds.Deadline, "the lock to be gone");
    }

    [Fact]
    public async Task Each_variant_is_made_once()
    {
        await using var app = await crowds.StartAsync();
        crowds.Gate.Close();
        var crowd = Enumerable.Range(0, Crowds.Size).Select(i => app.GetAsync("/languages", ("Accept-Language", i % 2 == 0 ? "de" : "en"))).ToArray();
        await Crowds.LookedAsync(app, Crowds.Size);
        crowds.Gate.Open();

        var answers = await Task.WhenAll(crowd);
        Assert.All(answers.Index(), static pair => Assert.EndsWith(pair.Index % 2 == 0 ? "de" : "en", pair.Item.Body, StringComparison.Ordinal));
        Assert.Equal(2, crowds.Calls);
    }

    [Fact]
    public async Task Without_Redis_a_node_makes_one_call_of_a_slow_page_at_a_time_and_shares_it_with_all_who_came_before_it()
    {
        await using var app = await crowds.StartAsync(Crowds.Patient() with
        {
            ConnectionString = "127.0.0.1:1",
            Options = static options =>
            {
                options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(200);
                options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(60);
            },
        });
        crowds.Gate.Close();
        var first = app.GetAsync("/page");
        await crowds.CalledAsync(1);
        var watch = Stopwatch.StartNew();
        var crowd = Crowds.Send(app, "/page");
        await app.CountedAsync(1 + Crowds.Size, "response.lookup.duration", ("outcome", "error"));
        await Eventually.True(() => watch.Elapsed > TimeSpan.FromMilliseconds(200), Crowds.Deadline, "the page to be slow");
        crowds.Gate.Open();

        // What is being made already may be older than an eviction that this node cannot hear of; the next one is not.
        Assert.Equal("page 1", (await first).Body);
        Assert.DoesNotContain(await Task.WhenAll(crowd), static answer => answer.Body == "page 1");

        // Who is late for the second call, which takes no time, makes a third.
        Assert.InRange(crowds.Calls, 2, 1 + (Crowds.Size / 2));
    }

    [Fact]
    public async Task Conditions_and_ranges_of_waiting_clients_count()
    {
        await using var app = await crowds.StartAsync();
        var tag = (await app.WarmAsync("/tagged"))["ETag"]!;
        await app.Control.EvictAsync("/tagged", TestContext.Current.CancellationToken);
        crowds.Gate.Close();
        var first = app.GetAsync("/tagged");
        await crowds.CalledAsync(2);
        var conditional = app.GetAsync("/tagged", ("If-None-Match", tag));
        var crowd = Crowds.Send(app, "/tagged");
        await Crowds.LookedAsync(app, 4 + Crowds.Size);
        crowds.Gate.Open();

        Assert.Equal(304, (int)(await conditional).Status);
        Assert.Equal(200, (int)(await first).Status);
        Assert.Equal(2, crowds.Calls);
    }

    [Fact]
    public async Task With_collapsing_off_everybody_asks_the_app()
    {
        await using var app = await crowds.StartAsync(new AppSetup { Options = static options => options.ResponseCaching.CollapseRequests = false });
        crowds.Gate.Close();
        var crowd = Crowds.Send(app, "/page");
        await crowds.CalledAsync(Crowds.Size);
        crowds.Gate.Open();
        await Task.WhenAll(crowd);
    }
}
