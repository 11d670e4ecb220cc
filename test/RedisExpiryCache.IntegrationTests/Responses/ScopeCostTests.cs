using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What a request out of scope costs, and what evicts whatever the scope is.</summary>
public sealed class ScopeCostTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_random_query_strings_of_an_unmarked_page_send_no_command_and_leave_no_key()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, static web => web.MapPage("/a", cacheControl: null));
        await using var log = await server.MonitorAsync();
        var sent = new SentCommands(log, app.Services.GetRequiredService<RedisExpiringCache>());

        var commands = await sent.NamesByAsync(async () =>
        {
            for (var i = 0; i < 1000; i++)
                Assert.Equal($"page {i + 1}", (await app.GetAsync($"/a?{Some.Word()}={Some.Word()}")).Body);
        });

        Assert.Empty(commands);
        Assert.Empty(await server.KeysAsync(""));
    }

    [Fact]
    public async Task Requests_for_an_unmarked_page_run_side_by_side()
    {
        const int Clients = 5;
        var (inside, all) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var app = await StartAsync(fixture.Server, web => web.MapGet("/slow", async (HttpContext context) =>
        {
            if (Interlocked.Increment(ref inside) == Clients)
                all.SetResult();

            // None returns before all are here.
            await all.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, context.RequestAborted);
            return "slow";
        }));

        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => app.GetAsync("/slow")));
        Assert.All(answers, static answer => Assert.Equal("slow", answer.Body));
    }

    [Fact]
    public async Task Five_clients_of_an_unmarked_page_of_two_seconds_take_two_seconds_each()
    {
        await using var app = await StartAsync(fixture.Server, static web => web.MapGet("/slow", static async (HttpContext context) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, context.RequestAborted);
            return "slow";
        }));

        var times = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            var watch = Stopwatch.StartNew();
            await app.GetAsync("/slow");
            return watch.Elapsed;
        }));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", times.Select(static time => $"{time.TotalSeconds:0.000} s")));

        // Collapsed, they would take four. The machines that run this are busy.
        Assert.All(times, static time => Assert.True(time < TimeSpan.FromSeconds(3.5), $"{time}"));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task An_unsafe_request_to_an_unmarked_endpoint_evicts_the_marked_page_of_its_URL(string method)
    {
        await using var app = await StartAsync(fixture.Server, web =>
        {
            web.MapPage("/products/{id}", Minute);
            web.MapMethods("/products/{id}", [method], static (string id) => $"changed {id}");
        });
        await app.WarmAsync("/products/7");
        await app.SendAsync(new HttpMethod(method), "/products/7");

        Assert.False((await app.GetAsync("/products/7")).IsHit);
    }

    [Fact]
    public async Task An_unsafe_request_evicts_a_public_page_that_only_another_process_knows()
    {
        await using var one = await StartAsync(fixture.Server, Map);
        await using var other = await StartAsync(fixture.Server, Map, one.Prefix);
        await one.GetAsync("/a");
        await one.WarmAsync("/a");
        await other.SendAsync(HttpMethod.Post, "/a");

        Assert.False((await one.GetAsync("/a")).IsHit);

        static void Map(WebApplication web)
        {
            web.MapPage("/a", "public, max-age=60");
            web.MapPost("/a", static () => "posted");
        }
    }

    [Fact]
    public async Task An_unsafe_request_to_an_unmarked_endpoint_costs_a_DEL_before_its_response_and_one_after_and_leaves_no_key()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, static web => web.MapPost("/a", static () => "posted"));
        await using var log = await server.MonitorAsync();
        var sent = new SentCommands(log, app.Services.GetRequiredService<RedisExpiringCache>());

        Assert.Equal(["DEL", "DEL"], await sent.NamesByAsync(() => app.SendAsync(HttpMethod.Post, "/a")));
        Assert.Empty(await server.KeysAsync(""));
    }

    [Fact]
    public async Task Without_Redis_a_request_out_of_scope_waits_for_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await StartAsync(server, static web => web.MapPage("/a", cacheControl: null));
        server.Freeze();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
            await app.GetAsync("/a").WaitAsync(TimeSpan.FromSeconds(9), TimeProvider.System, Token);

        server.Thaw();

        // A lookup would wait for ten seconds, by the setting of these tests.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(9), $"{watch.Elapsed}");
    }

    private static Task<CachedApp> StartAsync(RedisServer server, Action<WebApplication> map, string? prefix = null) =>
        CachedApp.StartAsync(server, map, new AppSetup { IsOnDefaults = true, Prefix = prefix });
}
