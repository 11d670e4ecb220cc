using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Crowds whose requests say what they want of a cache, and crowds on pages that are marked stale.</summary>
public sealed class CrowdReviewTests(RedisFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Gate gate = new();
    private int calls;

    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Pragma", "no-cache")]
    public async Task Who_would_not_take_the_answer_of_another_does_not_wait_for_it(string name, string value)
    {
        await using var app = await StartAsync();
        gate.Close();
        var crowd = Enumerable.Range(0, 4).Select(_ => app.GetAsync("/page", (name, value))).ToArray();

        // All of them are in the app at once.
        await Eventually.True(() => Volatile.Read(ref calls) == crowd.Length, Deadline, "all to be in the app");
        gate.Open();
        await Task.WhenAll(crowd);
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("no-cache")]
    public async Task Where_their_directives_do_not_count_a_crowd_cannot_make_the_app_work(string directive)
    {
        await using var app = await StartAsync(static options => options.ResponseCaching.HonorRequestDirectives = false);
        gate.Close();
        var crowd = Enumerable.Range(0, Crowds.Size).Select(_ => app.GetAsync("/page", ("Cache-Control", directive))).ToArray();
        await Crowds.LookedAsync(app, Crowds.Size);
        gate.Open();

        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal("page 1", answer.Body));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData("s-maxage=60")]
    [InlineData("max-age=60, must-revalidate")]
    public async Task A_crowd_on_what_may_not_be_served_stale_and_is_marked_so_calls_the_app_once(string cacheControl)
    {
        await using var app = await StartAsync(cacheControl: cacheControl);
        await app.WarmAsync("/page");
        await app.Control.MarkStaleAsync("/page", TestContext.Current.CancellationToken);
        gate.Close();
        var looked = app.Metrics.Count("response.lookup.duration");
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, looked + Crowds.Size);
        gate.Open();

        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal("page 2", answer.Body));
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task An_answer_to_HEAD_does_not_make_fresh_what_was_marked_stale()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/page");
        await app.Control.MarkStaleAsync("/page", TestContext.Current.CancellationToken);
        await app.SendAsync(HttpMethod.Head, "/page");

        await Eventually.True(async () => (await app.GetAsync("/page")).Body != "page 1", Deadline, "the page to be made anew");
    }

    [Fact]
    public async Task Four_requests_that_mark_it_stale_leave_it_to_be_served()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/page");
        for (var i = 0; i < 4; i++)
            await app.SendAsync(HttpMethod.Post, "/marks");

        Assert.Equal("page 1", (await app.GetAsync("/page")).Body);
    }

    private Task<CachedApp> StartAsync(Action<RedisExpiringCacheOptions>? options = null, string cacheControl = "max-age=60") => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapMethods("/page", [HttpMethods.Get, HttpMethods.Head], async context =>
            {
                var number = Interlocked.Increment(ref calls);
                await gate.PassAsync(context.RequestAborted);
                context.Response.Headers.CacheControl = cacheControl;
                await context.Response.WriteAsync($"page {number}");
            });
            web.MapPost("/marks", [RedisResponseCacheEvict(Paths = ["/page"], MarkStale = true)] () => "done");
        },
        new AppSetup
        {
            Options = all =>
            {
                all.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(60);
                options?.Invoke(all);
            },
        });
}
