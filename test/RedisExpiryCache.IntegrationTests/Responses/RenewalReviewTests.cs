using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What a renewal must not do: keep half an answer, ask the wrong endpoint, forget that the app has failed, leave anything behind.</summary>
public sealed class RenewalReviewTests(RedisFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly Gate gate = new();
    private int calls;

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    [Fact]
    public async Task An_answer_that_the_app_aborts_in_the_middle_is_not_stored()
    {
        await using var app = await StartAsync(web => web.MapGet("/cut", async context =>
        {
            var number = Next(context, "max-age=60, stale-while-revalidate=600");
            await context.Response.WriteAsync($"first half {number}");
            if (number == 2)
                context.Abort();
            else
                await context.Response.WriteAsync(", second half");
        }));
        await MakeStaleAsync(app, "/cut");
        await app.GetAsync("/cut");
        await IdleAsync(app);

        Assert.Equal(2, calls);
        Assert.EndsWith(", second half", (await app.GetAsync("/cut")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hit_by_HEAD_does_not_renew_with_the_endpoint_for_HEAD()
    {
        await using var app = await StartAsync(
            web =>
            {
                web.MapGet("/both", async context =>
                {
                    var number = Next(context, "max-age=60");
                    await gate.PassAsync(context.RequestAborted);
                    await context.Response.WriteAsync($"page {number}");
                });
                web.MapMethods("/both", [HttpMethods.Head], context =>
                {
                    context.Response.Headers.CacheControl = "max-age=60";
                    return Task.CompletedTask;
                });
            },
            static options => options.ResponseCaching.EarlyRefresh = 100);
        gate.Close();
        var first = app.GetAsync("/both");
        await Eventually.True(() => calls == 1, Deadline, "the app to be asked");
        time.Advance(TimeSpan.FromSeconds(10));
        gate.Open();
        await first;

        Assert.True((await app.SendAsync(HttpMethod.Head, "/both")).IsHit);
        await IdleAsync(app);
        Assert.StartsWith("page ", (await app.GetAsync("/both")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_goes_on_failing_is_left_alone_for_longer_and_longer()
    {
        await using var app = await StartAsync(web => web.MapGet("/failing", context =>
        {
            var number = Next(context, "max-age=60, stale-while-revalidate=600");
            return number == 1 ? context.Response.WriteAsync("page 1") : throw new InvalidOperationException("The database is away.");
        }));
        await MakeStaleAsync(app, "/failing");
        await AskAsync(0, expectedCalls: 2);

        // After a second, then two, four, eight: counted from each failure.
        await AskAsync(2, expectedCalls: 3);
        await AskAsync(1.5, expectedCalls: 3);
        await AskAsync(1, expectedCalls: 4);
        await AskAsync(3.5, expectedCalls: 4);
        await AskAsync(1, expectedCalls: 5);
        await AskAsync(7.5, expectedCalls: 5);
        await AskAsync(1, expectedCalls: 6);

        async Task AskAsync(double secondsLater, int expectedCalls)
        {
            time.Advance(TimeSpan.FromSeconds(secondsLater));
            Assert.Equal("page 1", (await app.GetAsync("/failing")).Body);
            await IdleAsync(app);
            Assert.Equal(expectedCalls, calls);
            await UnlockAsync(app);
        }
    }

    [Fact]
    public async Task A_callback_that_throws_at_the_end_keeps_no_other_from_being_called()
    {
        Scoped? scoped = null;
        await using var app = await StartAsync(web => web.MapGet("/page", context =>
        {
            var number = Next(context, "max-age=60, stale-while-revalidate=600");
            if (number == 2)
            {
                scoped = context.RequestServices.GetRequiredService<Scoped>();
                context.Response.OnCompleted(static () => throw new InvalidOperationException("At the end."));
            }

            return context.Response.WriteAsync($"page {number}");
        }));
        await MakeStaleAsync(app, "/page");
        await app.GetAsync("/page");
        await IdleAsync(app);

        Assert.True(scoped!.IsDisposed);
    }

    [Fact]
    public async Task What_the_app_says_is_gone_is_no_longer_served_as_stale()
    {
        await using var app = await StartAsync(web => web.MapGet("/product", context =>
        {
            var number = Next(context, "max-age=60");
            if (number > 1)
                (context.Response.StatusCode, context.Response.Headers.CacheControl) = (404, default);

            return context.Response.WriteAsync($"page {number}");
        }));
        await app.WarmAsync("/product");
        await app.Control.MarkStaleAsync("/product", TestContext.Current.CancellationToken);
        Assert.Equal("page 1", (await app.GetAsync("/product")).Body);
        await IdleAsync(app);

        Assert.Equal(404, (int)(await app.GetAsync("/product")).Status);
    }

    [Fact]
    public async Task What_would_be_asked_for_in_front_of_the_client_is_not_served_for_being_marked_stale()
    {
        await using var app = await StartAsync(web => web.MapGet("/tagged", context =>
        {
            var number = Next(context, "max-age=60");
            context.Response.Headers.ETag = $"\"{number}\"";
            return context.Response.WriteAsync($"page {number}");
        }));
        await MakeStaleAsync(app, "/tagged");
        await app.Control.MarkStaleAsync("/tagged", TestContext.Current.CancellationToken);

        Assert.Equal("page 2", (await app.GetAsync("/tagged")).Body);
    }

    private int Next(HttpContext context, string cacheControl)
    {
        context.Response.Headers.CacheControl = cacheControl;
        return Interlocked.Increment(ref calls);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> map, Action<RedisExpiringCacheOptions>? options = null) => CachedApp.StartAsync(
        fixture.Server, map, new AppSetup { Time = time, Options = options, Services = static services => services.AddScoped<Scoped>() });

    private async Task MakeStaleAsync(CachedApp app, string path)
    {
        Assert.True((await app.GetAsync(path)).WasStored);
        time.Advance(TimeSpan.FromSeconds(70));
    }

    private static Task IdleAsync(CachedApp app) => Eventually.True(
        () => app.Services.GetRequiredService<BackgroundRevalidation>().Count == 0, Deadline, "renewals to be over");

    /// <summary>The clock that is handed in does not move that of Redis, where the lock says for a moment that nobody is to wait.</summary>
    private Task UnlockAsync(CachedApp app) => Eventually.True(
        async () =>
        {
            var locks = (await fixture.Server.KeysAsync(app.Prefix)).Where(key => key.StartsWith($"{app.Prefix}lock:", StringComparison.Ordinal)).ToArray();
            foreach (var key in locks)
            {
                if (await fixture.Server.Raw.StringGetAsync(key) == "-")
                    await fixture.Server.Raw.KeyDeleteAsync(key);
            }

            return locks.Length == 0;
        },
        Deadline,
        "the locks to be gone");
}
