using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>ResponseCaching.Enabled: at start-up, and by a configuration section that changes while the application runs.</summary>
public sealed class EnabledTests(RedisFixture fixture)
{
    private const string Enabled = "Cache:ResponseCaching:Enabled";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Turned_off_at_start_all_requests_reach_the_application_and_nothing_is_in_Redis()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"), options => options.ResponseCaching.Enabled = false);

        var answers = new[] { await app.GetAsync("/a"), await app.GetAsync("/a"), await app.SendAsync(HttpMethod.Head, "/a") };

        Assert.Equal(["page 1", "page 2", ""], answers.Select(static answer => answer.Body));
        Assert.All(answers, static answer => Assert.Equal((null, null, null, "max-age=60"), FieldsOf(answer)));
        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));

        static (string?, string?, string?, string?) FieldsOf(Answer answer) => (answer["Cache-Status"], answer["ETag"], answer["Age"], answer["Cache-Control"]);
    }

    [Fact]
    public async Task Turned_off_a_policy_adds_no_fields()
    {
        await using var app = await StartAsync(
            static web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, VaryByHeaderNames = ["X-Region"] }),
            options => options.ResponseCaching.Enabled = false);

        var answer = await app.GetAsync("/a");

        Assert.Equal((null, null), (answer["Cache-Control"], answer["Vary"]));
    }

    [Fact]
    public async Task Turned_off_while_running_stored_responses_are_not_served_and_turned_on_again_they_are()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"));
        await app.WarmAsync("/a");

        Enable(false);
        var off = await app.GetAsync("/a");
        Enable(true);
        var on = await app.GetAsync("/a");

        Assert.Equal(("page 2", null), (off.Body, off["Cache-Status"]));
        Assert.Equal(("page 1", true), (on.Body, on.IsHit));
    }

    [Theory]
    [InlineData("an unsafe request")]
    [InlineData("an attribute")]
    [InlineData("an attribute on a GET")]
    [InlineData("the invalidator")]
    public async Task Evicted_while_turned_off_a_response_is_not_served_when_turned_on_again(string by)
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, Tags = ["a"] });
            web.MapPost("/a", static () => Results.Ok());
            web.MapPost("/evict", [RedisResponseCacheEvict(Tags = ["a"])] static () => Results.Ok());
            web.MapGet("/evict", [RedisResponseCacheEvict(Paths = ["/a"])] static () => Results.Ok());
        });
        await app.WarmAsync("/a");

        Enable(false);
        var answer = await EvictAsync(app, by);
        Enable(true);

        Assert.Null(answer?["Cache-Status"]);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Marked_stale_while_turned_off_a_response_is_stale_when_turned_on_again()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, Tags = ["a"] });
            web.MapPost("/stale", [RedisResponseCacheEvict(Tags = ["a"], MarkStale = true)] static () => Results.Ok());
        });
        await app.WarmAsync("/a");

        Enable(false);
        await app.SendAsync(HttpMethod.Post, "/stale");
        Enable(true);

        Assert.Matches("; hit; ttl=(0|-[0-9]+)$", (await app.GetAsync("/a")).CacheStatus);
        await Eventually.True(async () => (await app.GetAsync("/a")).Body == "page 2", Deadline, "the renewed page");
    }

    [Fact]
    public async Task A_refused_attribute_evicts_nothing_while_turned_off()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, Tags = ["a"] });
            web.MapPost("/evict", [RedisResponseCacheEvict(Tags = ["a"])] static () => Results.BadRequest());
        });
        await app.WarmAsync("/a");

        Enable(false);
        await app.SendAsync(HttpMethod.Post, "/evict");
        Enable(true);

        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task Turned_off_requests_are_not_collapsed()
    {
        const int Clients = 5;
        var (arrived, gate) = (0, new Gate());
        gate.Close();
        await using var app = await StartAsync(
            web => web.MapGet("/slow", async context =>
            {
                Interlocked.Increment(ref arrived);
                await gate.PassAsync(context.RequestAborted);
            }).CacheResponse(),
            options => (options.ResponseCaching.Enabled, options.ResponseCaching.CollapseTimeout) = (false, TimeSpan.FromHours(1)));

        var clients = Enumerable.Range(0, Clients).Select(_ => app.GetAsync("/slow")).ToArray();
        await Eventually.True(() => Volatile.Read(ref arrived) == Clients, Deadline, "all clients at the origin");
        gate.Open();

        Assert.All(await Task.WhenAll(clients), static answer => Assert.Equal(200, (int)answer.Status));
    }

    [Fact]
    public async Task A_renewal_that_arrives_after_turning_off_does_not_call_the_application()
    {
        var (arrived, gate) = (new TaskCompletionSource(), new Gate());
        var left = new TaskCompletionSource<int>();
        await using var app = await StartAsync(
            static web => web.MapPage("/a", "max-age=0, stale-while-revalidate=600"),
            outside: web => web.Use(async (context, next) =>
            {
                if (context.Features.Get<CachePassage>() is not Renewal)
                {
                    await next(context);
                    return;
                }

                arrived.TrySetResult();
                await gate.PassAsync(context.RequestAborted);
                await next(context);
                left.TrySetResult(context.Response.StatusCode);
            }));
        await app.GetAsync("/a");
        gate.Close();
        Assert.True((await app.GetAsync("/a")).IsHit);
        await arrived.Task.WaitAsync(Deadline, TimeProvider.System, Token);

        Enable(false);
        gate.Open();

        Assert.Equal(304, await left.Task.WaitAsync(Deadline, TimeProvider.System, Token));
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Turned_off_an_action_that_varies_by_query_keys_still_runs()
    {
        await using var app = await StartAsync(
            static web => web.MapControllers(),
            options => options.ResponseCaching.Enabled = false,
            static services => services.AddControllers().AddApplicationPart(typeof(EnabledTests).Assembly));

        Assert.Equal("page 7", (await app.GetAsync("/enabled-tests?page=7")).Body);
    }

    [Fact]
    public async Task The_log_says_that_it_is_off_at_start_and_at_each_change()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"), options => options.ResponseCaching.Enabled = false);
        Assert.Single(app.Logs, static record => record.Event.Id == 73);

        Enable(true);
        Assert.Single(app.Logs, static record => record.Event.Id == 73);
        Assert.Equal("ResponseCaching:Enabled", Assert.Single(app.Logs, static record => record.Event.Id == 62).Values["Settings"]);

        Enable(false);
        Assert.Equal(2, app.Logs.Count(static record => record.Event.Id == 73));
    }

    private static async Task<Answer?> EvictAsync(CachedApp app, string by)
    {
        switch (by)
        {
            case "an unsafe request":
                return await app.SendAsync(HttpMethod.Post, "/a");
            case "an attribute":
                return await app.SendAsync(HttpMethod.Post, "/evict");
            case "an attribute on a GET":
                return await app.GetAsync("/evict");
            default:
                await app.Control.EvictAsync("/a", Token);
                return null;
        }
    }

    private Task<CachedApp> StartAsync(
        Action<WebApplication> map,
        Action<RedisExpiringCacheOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? outside = null) => CachedApp.StartAsync(
        fixture.Server,
        map,
        new AppSetup
        {
            Options = options,
            Outside = outside,
            Services = all =>
            {
                all.AddRedisExpiringCache(_configuration.GetSection("Cache"));
                services?.Invoke(all);
            },
        });

    private void Enable(bool isEnabled)
    {
        _configuration[Enabled] = $"{isEnabled}";
        _configuration.Reload();
    }
}

/// <summary>An action that MVC runs only where a cache for responses is in the pipeline.</summary>
public sealed class EnabledTestsController : ControllerBase
{
    [HttpGet("enabled-tests"), ResponseCache(Duration = 60, VaryByQueryKeys = ["page"])]
    public string Get() => $"page {Request.Query["page"]}";
}
