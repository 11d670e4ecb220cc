using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A renewal that hangs ends at its limit and at shutdown, and holds neither its page nor others.</summary>
public sealed class RenewalLimitTests(RedisFixture fixture)
{
    private const int MostPerPage = 32;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60), Grace = TimeSpan.FromSeconds(5), Backoff = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly Gate gate = new();
    private int calls;
    private volatile bool wasAborted;

    [Fact]
    public async Task A_renewal_is_aborted_at_its_limit_and_the_next_one_may_start()
    {
        await using var app = await StartAsync(HangAtSecondCall);
        await HangAsync(app);

        time.Advance(Limit);
        await Eventually.True(() => wasAborted, Deadline, "RequestAborted to be cancelled");
        await IdleAsync(app);
        time.Advance(Backoff);

        await HitAsync(app, "page 3");
    }

    [Fact]
    public async Task A_renewal_at_its_limit_no_longer_keeps_other_nodes_from_renewing()
    {
        await using var one = await StartAsync(HangAtSecondCall);
        await using var other = await StartAsync(HangAtSecondCall, prefix: one.Prefix);
        await HangAsync(one);
        for (var i = 0; i < 2; i++)
        {
            await other.GetAsync("/page");
            await IdleAsync(other);
        }

        Assert.Equal(2, calls);
        var keys = await fixture.Server.KeysAsync(one.Prefix);
        var locks = keys.Where(key => key.StartsWith($"{one.Prefix}lock:", StringComparison.Ordinal));
        Assert.InRange((await fixture.Server.Raw.KeyTimeToLiveAsync(Assert.Single(locks)))!.Value, TimeSpan.Zero, Limit);

        time.Advance(Limit);

        await HitAsync(other, "page 3");
    }

    [Fact]
    public async Task An_application_that_ignores_its_token_does_not_hold_the_page_and_its_late_answer_is_not_stored()
    {
        await using var app = await StartAsync(async (context, number) =>
        {
            if (number != 2)
                return;

            // A body of its whole length: nothing but the time says that it must not be stored.
            context.Response.ContentLength = "page 2".Length;
            await gate.PassAsync(CancellationToken.None);
        });
        gate.Close();
        await HangAsync(app);
        time.Advance(Limit + Grace);
        await IdleAsync(app);
        Assert.Single(app.Logs, static log => log.Event.Id == 68);

        time.Advance(Backoff);
        await HitAsync(app, "page 3");
        gate.Open();
        await app.CountedAsync(1, "response.stores", ("outcome", "not-stored"));
        Assert.Equal("page 3", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task A_callback_that_throws_when_a_renewal_is_aborted_harms_nothing()
    {
        await using var app = await StartAsync(async (context, number) =>
        {
            if (number != 2)
                return;

            context.RequestAborted.Register(static () => throw new InvalidOperationException("A callback."));
            await HangAtSecondCall(context, number);
        });
        await HangAsync(app);

        time.Advance(Limit);
        await IdleAsync(app);
        time.Advance(Backoff);

        await HitAsync(app, "page 3");
    }

    [Fact]
    public async Task A_renewal_is_aborted_when_the_host_stops()
    {
        var app = await StartAsync(HangAtSecondCall);
        await HangAsync(app);

        await app.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);

        Assert.True(wasAborted);
        await app.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_of_a_renewal_that_outlives_its_host_is_observed(bool isDisposedWithoutBeingStopped)
    {
        var marker = $"late {Some.Word()}";
        var unobserved = new List<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> observe = (_, args) =>
        {
            lock (unobserved)
                unobserved.Add(args.Exception.ToString());
        };
        TaskScheduler.UnobservedTaskException += observe;
        try
        {
            var thrown = await HangBeyondShutdownAsync(marker, isDisposedWithoutBeingStopped);
            gate.Open();
            await thrown.WaitAsync(Deadline, TimeProvider.System, TestContext.Current.CancellationToken);
            for (var i = 0; i < 10; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            lock (unobserved)
                Assert.DoesNotContain(unobserved, text => text.Contains(marker, StringComparison.Ordinal));
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= observe;
        }
    }

    [Fact]
    public async Task Renewals_of_a_page_that_hang_do_not_stop_those_of_other_pages_and_are_reported()
    {
        gate.Close();
        var hung = 0;
        await using var app = await StartAsync(
            static (_, _) => Task.CompletedTask,
            web => web.MapGet("/hangs/{id}", async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60, stale-while-revalidate=600";
                if (context.TraceIdentifier.EndsWith("-renewal", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref hung);
                    await gate.PassAsync(context.RequestAborted);
                }

                await context.Response.WriteAsync("hangs");
            }));
        Assert.True((await app.GetAsync("/page")).WasStored);
        for (var i = 0; i <= MostPerPage; i++)
            Assert.True((await app.GetAsync(Path(i))).WasStored);

        time.Advance(TimeSpan.FromSeconds(70));
        for (var i = 0; i < MostPerPage; i++)
            await app.GetAsync(Path(i));

        await Eventually.True(() => hung == MostPerPage, Deadline, "the renewals to hang");
        Assert.DoesNotContain(app.Logs, static log => log.Event.Id == 35);

        await HitAsync(app, "page 2");
        Assert.True((await app.GetAsync(Path(MostPerPage))).IsHit);
        var warning = Assert.Single(app.Logs, static log => log.Event.Id == 35);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("/hangs/{id}", warning.Message, StringComparison.Ordinal);
        Assert.Equal((HealthStatus.Degraded, "renewals-stuck"), await HealthAsync(app));

        gate.Open();
        await IdleAsync(app);
        await Eventually.True(async () => (await HealthAsync(app)).Status == HealthStatus.Healthy, Deadline, "a healthy report");

        static string Path(int i) => string.Create(CultureInfo.InvariantCulture, $"/hangs/{i}");
    }

    /// <returns>When the renewal throws.</returns>
    private async Task<Task> HangBeyondShutdownAsync(string marker, bool isDisposedWithoutBeingStopped)
    {
        var thrown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = await StartAsync(async (_, number) =>
        {
            if (number != 2)
                return;

            await gate.PassAsync(CancellationToken.None);
            thrown.SetResult();
            throw new InvalidOperationException(marker);
        });
        gate.Close();
        await HangAsync(app);
        if (!isDisposedWithoutBeingStopped)
            await app.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);

        await app.DisposeAsync();
        return thrown.Task;
    }

    private static async Task<(HealthStatus Status, object? Reason)> HealthAsync(CachedApp app)
    {
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        var entry = Assert.Single(report.Entries).Value;
        return (entry.Status, entry.Data.GetValueOrDefault("reason"));
    }

    private async Task HangAtSecondCall(HttpContext context, int number)
    {
        if (number != 2)
            return;

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }
        finally
        {
            wasAborted = context.RequestAborted.IsCancellationRequested;
        }
    }

    /// <summary>Stored, stale, and its renewal is in the page.</summary>
    private async Task HangAsync(CachedApp app)
    {
        Assert.True((await app.GetAsync("/page")).WasStored);
        time.Advance(TimeSpan.FromSeconds(70));
        Assert.Equal("page 1", (await app.GetAsync("/page")).Body);
        await Eventually.True(() => calls == 2, Deadline, "the renewal");
    }

    private Task<CachedApp> StartAsync(Func<HttpContext, int, Task> page, Action<WebApplication>? also = null, string? prefix = null) =>
        CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.MapGet("/page", async context =>
                {
                    context.Response.Headers.CacheControl = "max-age=60, stale-while-revalidate=600";
                    var number = Interlocked.Increment(ref calls);
                    await page(context, number);
                    await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"page {number}"));
                });
                also?.Invoke(web);
            },
            new AppSetup
            {
                Prefix = prefix,
                Time = time,
                Services = static services => services.AddHealthChecks().AddRedisExpiringCacheCheck(),
            });

    private static Task HitAsync(CachedApp app, string body) => Eventually.True(
        async () => await app.GetAsync("/page") is { IsHit: true } answer && answer.Body == body, Deadline, $"a hit with '{body}'");

    private static Task IdleAsync(CachedApp app) => Eventually.True(
        () => app.Services.GetRequiredService<BackgroundRevalidation>().Count == 0, Deadline, "renewals to be over");
}
