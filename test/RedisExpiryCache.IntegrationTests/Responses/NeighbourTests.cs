using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What middleware around the cache adds or changes, before and after it was asked.</summary>
public sealed class NeighbourTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData("Set-Cookie", "session=1", "set-cookie")]
    [InlineData("Cache-Control", "no-store", "no-store")]
    public async Task A_field_that_is_added_in_front_of_the_cache_as_the_response_starts_forbids_storing(string name, string value, string reason)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", Minute), new AppSetup
        {
            Outside = web => web.Use((context, next) =>
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers[name] = value;
                    return Task.CompletedTask;
                });
                return next(context);
            }),
        });

        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
        await app.CountedAsync(2, "response.stores", ("outcome", "not-stored"), ("reason", reason));
    }

    [Fact]
    public async Task A_page_that_begins_a_session_is_nobody_elses()
    {
        var setup = new AppSetup
        {
            Services = services => services.AddSession(),
            Outside = web => web.UseSession(),
        };
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/cart", Minute, context => context.Session.SetString("cart", "mine")), setup);

        Assert.Equal("page 1", (await app.GetAsync("/cart")).Body);
        Assert.Equal("page 2", (await app.GetAsync("/cart")).Body);
    }

    [Fact]
    public async Task A_field_that_stood_there_before_is_said_anew_with_each_answer_and_not_stored()
    {
        var requests = 0;
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", Minute), new AppSetup
        {
            Outside = web => web.Use((context, next) =>
            {
                context.Response.Headers["X-Request-Id"] = $"{Interlocked.Increment(ref requests)}";
                return next(context);
            }),
        });

        Assert.Equal("1", (await app.GetAsync("/a"))["X-Request-Id"]);
        var hit = await app.GetAsync("/a");
        Assert.True(hit.IsHit);
        Assert.Equal("2", hit["X-Request-Id"]);
    }

    [Fact]
    public async Task A_request_field_that_is_changed_behind_the_cache_counts_as_the_client_sent_it()
    {
        var byTenant = new RedisResponseCacheAttribute { Duration = 60, VaryByHeaderNames = ["X-Tenant"] };
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.Use((context, next) =>
            {
                context.Request.Headers.Remove("X-Tenant");
                return next(context);
            });
            web.MapPage("/a", byTenant);
        });

        var acme = await app.GetAsync("/a", ("X-Tenant", "acme"));
        var nobody = await app.GetAsync("/a");

        Assert.NotEqual(acme.Body, nobody.Body);
        Assert.Equal(acme.Body, (await app.GetAsync("/a", ("X-Tenant", "acme"))).Body);
    }

    [Fact]
    public async Task A_body_that_its_writer_ended_with_an_error_is_not_stored()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync(context.NextPage());
            await context.Response.BodyWriter.CompleteAsync(new InvalidOperationException("the source dried up"));
        }));

        await AnyAnswer(app);
        await AnyAnswer(app);
        await app.CountedAsync(2, "response.stores", ("reason", "incomplete"));
    }

    [Fact]
    public async Task Waiting_for_a_write_and_looking_up_share_the_time_of_one_call()
    {
        var limit = TimeSpan.FromSeconds(4);
        await using var server = await RedisServer.StartAsync();
        using var lookedUp = new SemaphoreSlim(0);
        using var frozen = new SemaphoreSlim(0);
        await using var app = await CachedApp.StartAsync(
            server,
            web => web.MapGet("/a", async (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.ContentLength = 4;
                lookedUp.Release();
                await frozen.WaitAsync(TimeSpan.FromSeconds(30));
                await context.Response.WriteAsync("page");
            }),
            new AppSetup { Options = options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = limit });

        // On a connection of its own: over the same one, the server would take up the second request only when the first is done with.
        var first = app.GetAsync("/a", ("Connection", "close"));
        await lookedUp.WaitAsync(TestContext.Current.CancellationToken);
        server.Freeze();
        frozen.Release(2);
        await first;
        var watch = Stopwatch.StartNew();
        await app.GetAsync("/a");
        server.Thaw();

        Assert.True(watch.Elapsed < limit * 1.6, $"{watch.Elapsed}");
    }

    private static async Task AnyAnswer(CachedApp app)
    {
        try
        {
            await app.GetAsync("/a");
        }
        catch (HttpRequestException)
        {
            // Whether the server tells the client that the body broke off is the server's affair; the test is about what is stored.
        }
    }
}
