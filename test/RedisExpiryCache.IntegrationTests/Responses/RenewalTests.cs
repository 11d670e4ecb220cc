using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class RenewalTests(RedisFixture fixture) : RenewalContract(fixture);

public sealed class InMemoryRenewalTests(InMemoryFixture fixture) : RenewalContract(fixture);

/// <summary>stale-while-revalidate, RFC 5861 3: clients get what is stored at once, and the app is asked behind their backs.</summary>
public abstract class RenewalContract(ServerFixture fixture)
{
    private const int Crowd = 10;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly Gate gate = new();
    private int calls;

    /// <summary>The scopes that a request's own service was made in, and whether they are gone.</summary>
    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    [Fact]
    public async Task A_stale_page_is_served_at_once_and_renewed_behind_it()
    {
        await using var app = await StartAsync();
        await MakeStaleAsync(app, "/page");
        gate.Close();

        var stale = await app.GetAsync("/page");
        Assert.Equal("page 1", stale.Body);
        Assert.Equal("RedisExpiryCache; hit; ttl=-10", stale.CacheStatus);

        gate.Open();
        await HitAsync(app, "/page", "page 2");
    }

    [Fact]
    public async Task However_many_ask_on_however_many_nodes_it_is_renewed_once()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync(one.Prefix);
        await MakeStaleAsync(one, "/page");
        gate.Close();
        var crowd = Enumerable.Range(0, Crowd).Select(i => (i % 2 == 0 ? one : other).GetAsync("/page"));
        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal("page 1", answer.Body));
        gate.Open();

        await HitAsync(one, "/page", "page 2");
        await HitAsync(other, "/page", "page 2");
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task It_goes_on_when_the_client_that_set_it_off_is_gone()
    {
        await using var app = await StartAsync();
        await MakeStaleAsync(app, "/page");
        gate.Close();
        using (var client = new HttpClient())
        using (var request = app.Request(HttpMethod.Get, "/page"))
        using (await client.SendAsync(request, TestContext.Current.CancellationToken))
        {
        }

        await Eventually.True(() => calls == 2, Deadline, "the app to be asked");
        gate.Open();
        await HitAsync(app, "/page", "page 2");
    }

    [Fact]
    public async Task The_app_sees_the_request_as_it_came_and_a_service_scope_of_its_own()
    {
        HttpContext? seen = null;
        Scoped? scoped = null;
        var accessed = false;
        await using var app = await StartAsync(also: context =>
        {
            if (calls < 2)
                return;

            seen = context;
            scoped = context.RequestServices.GetRequiredService<Scoped>();
            accessed = context.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext == context;
            Assert.Equal("app.example", context.Request.Host.Value);
            Assert.Equal("?q=1", context.Request.QueryString.Value);
            Assert.Equal("yes", context.Request.Headers["X-Mine"]);
            Assert.Empty(context.Request.Headers.IfNoneMatch.ToArray());
            Assert.Equal("7", context.Request.RouteValues["id"]);
            Assert.Equal("tenant-1", context.Items["tenant"]);
        });
        await MakeStaleAsync(app, "/items/7?q=1");
        await app.GetAsync("/items/7?q=1", ("X-Mine", "yes"), ("If-None-Match", "\"other\""));

        await HitAsync(app, "/items/7?q=1", "page 2");
        Assert.NotNull(seen);
        Assert.True(accessed);
        await Eventually.True(() => scoped!.IsDisposed, Deadline, "the scope's services to be disposed of");
    }

    [Fact]
    public async Task A_failure_of_the_app_is_logged_and_it_is_left_alone_for_a_while()
    {
        var fails = true;
        await using var app = await StartAsync(also: _ =>
        {
            if (calls > 1 && fails)
                throw new InvalidOperationException("The database is away.");
        });
        await MakeStaleAsync(app, "/page");
        Assert.Equal("page 1", (await app.GetAsync("/page")).Body);
        await Eventually.True(() => app.Logs.Any(static log => log.Event.Id == 29), Deadline, "the failure in the log");
        await IdleAsync(app);

        Assert.Equal("page 1", (await app.GetAsync("/page")).Body);
        await IdleAsync(app);
        Assert.Equal(2, calls);

        fails = false;
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("page 1", (await app.GetAsync("/page")).Body);
        await HitAsync(app, "/page", "page 3");
    }

    [Fact]
    public async Task An_app_that_says_that_nothing_has_changed_makes_it_fresh_again()
    {
        await using var app = await StartAsync();
        await MakeStaleAsync(app, "/tagged");
        Assert.Equal("page 1", (await app.GetAsync("/tagged")).Body);

        await Eventually.True(async () => (await app.GetAsync("/tagged")).CacheStatus == "RedisExpiryCache; hit; ttl=60", Deadline, "a fresh hit");
        Assert.Equal("page 1", (await app.GetAsync("/tagged")).Body);
    }

    [Fact]
    public async Task An_eviction_wins_over_a_renewal_that_began_before_it()
    {
        await using var app = await StartAsync();
        await MakeStaleAsync(app, "/page");
        gate.Close();
        await app.GetAsync("/page");
        await Eventually.True(() => calls == 2, Deadline, "the app to be asked");
        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        gate.Open();
        await IdleAsync(app);

        Assert.Equal("page 3", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task It_stops_with_the_host()
    {
        var app = await StartAsync();
        await MakeStaleAsync(app, "/page");
        gate.Close();
        await app.GetAsync("/page");
        await Eventually.True(() => calls == 2, Deadline, "the app to be asked");
        var stopped = app.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);
        await stopped.WaitAsync(Deadline, TimeProvider.System, TestContext.Current.CancellationToken);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Beyond_its_window_a_page_is_renewed_in_front_of_the_client()
    {
        await using var app = await StartAsync();
        await app.GetAsync("/page");
        time.Advance(TimeSpan.FromSeconds(60 + 31));
        Assert.Equal("page 2", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task A_page_that_varies_by_user_is_renewed_for_that_user()
    {
        await using var app = await StartAsync();
        await MakeStaleAsync(app, "/mine", ("X-User", "alice"));
        Assert.Equal("page 1 alice", (await app.GetAsync("/mine", ("X-User", "alice"))).Body);
        await Eventually.True(async () => (await app.GetAsync("/mine", ("X-User", "alice"))).Body == "page 2 alice", Deadline, "alice's page to be renewed");
        Assert.Equal("page 3 bob", (await app.GetAsync("/mine", ("X-User", "bob"))).Body);
    }

    [Fact]
    public async Task With_early_refresh_a_page_is_renewed_before_it_goes_stale()
    {
        await using var app = await StartAsync(earlyRefresh: 100);
        gate.Close();
        var first = app.GetAsync("/page");
        await Eventually.True(() => calls == 1, Deadline, "the app to be asked");

        // It takes ten seconds to make, by this clock: a hundred times that is long before the end of its minute.
        time.Advance(TimeSpan.FromSeconds(10));
        gate.Open();
        await first;

        // Responses are told apart by their times: in the same instant, a request that has found the first page renews the second one, too.
        time.Advance(TimeSpan.FromSeconds(1));

        var early = await app.GetAsync("/page");
        Assert.Equal("page 1", early.Body);
        Assert.StartsWith("RedisExpiryCache; hit; ttl=", early.CacheStatus, StringComparison.Ordinal);
        Assert.DoesNotContain("-", early.CacheStatus[10..], StringComparison.Ordinal);

        await HitAsync(app, "/page", "page 2");
    }

    [Fact]
    public async Task Without_it_a_fresh_page_is_left_alone()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/page");
        time.Advance(TimeSpan.FromSeconds(59));
        await app.WarmAsync("/page");
        await IdleAsync(app);
        Assert.Equal(1, calls);
    }

    private Task<CachedApp> StartAsync(string? prefix = null, Action<HttpContext>? also = null, double earlyRefresh = 0) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/page", [RedisResponseCache(Duration = 60, StaleWhileRevalidate = 30)] async Task<string> (HttpContext context) => await Make(context, also));
            web.MapGet("/items/{id}", [RedisResponseCache(Duration = 60, StaleWhileRevalidate = 30)] async Task<string> (HttpContext context) => await Make(context, also));
            web.MapGet("/mine", async Task<string> (HttpContext context) => $"{await Make(context, also)} {context.User.Identity!.Name}").CacheResponse(static policy =>
                policy.Expire(TimeSpan.FromSeconds(60)).StaleWhileRevalidate(TimeSpan.FromSeconds(30)).VaryByUser());
            web.MapGet("/tagged", [RedisResponseCache(Duration = 60, StaleWhileRevalidate = 30)] async Task<IResult> (HttpContext context) =>
            {
                context.Response.Headers.ETag = "\"one\"";
                if (context.Request.Headers.IfNoneMatch != "\"one\"")
                    return Results.Text(await Make(context, also));

                return Results.StatusCode(304);
            });
        },
        new AppSetup
        {
            Prefix = prefix,
            Time = time,
            Options = options => options.ResponseCaching.EarlyRefresh = earlyRefresh,
            Services = static services => services.AddScoped<Scoped>().AddHttpContextAccessor(),
            Outside = static web => web.Use((context, next) =>
            {
                context.Items["tenant"] = "tenant-1";
                if (context.Request.Headers["X-User"] is [{ } name])
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test"));

                return next(context);
            }),
        });

    private async Task<string> Make(HttpContext context, Action<HttpContext>? also)
    {
        var number = Interlocked.Increment(ref calls);
        also?.Invoke(context);
        await gate.PassAsync(context.RequestAborted);
        return $"page {number}";
    }

    /// <summary>Stored, and stale for ten seconds.</summary>
    private async Task MakeStaleAsync(CachedApp app, string path, params (string Name, string Value)[] fields)
    {
        Assert.True((await app.GetAsync(path, fields)).WasStored);
        time.Advance(TimeSpan.FromSeconds(70));
    }

    private static Task HitAsync(CachedApp app, string path, string body) => Eventually.True(
        async () => await app.GetAsync(path) is { IsHit: true } answer && answer.Body == body, Deadline, $"a hit with {body}");

    private static Task IdleAsync(CachedApp app) => Eventually.True(
        () => app.Services.GetRequiredService<RedisExpiryCache.ResponseCaching.Renewals.BackgroundRevalidation>().Count == 0, Deadline, "renewals to be over");
}
