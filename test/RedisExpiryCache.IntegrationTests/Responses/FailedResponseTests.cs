using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class FailedResponseTests(RedisFixture fixture) : FailedResponseContract(fixture);

public sealed class InMemoryFailedResponseTests(InMemoryFixture fixture) : FailedResponseContract(fixture);

/// <summary>What does not end as it should is not stored, and no failure is made to look like an answer.</summary>
public abstract class FailedResponseContract(ServerFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_that_goes_away_leaves_nothing_stored()
    {
        using var gone = new SemaphoreSlim(0);
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync(context.NextPage());
            if (context.Request.Query.ContainsKey("stay"))
            {
                return;
            }

            // The app itself notices nothing and returns as if all were well.
            var aborted = new TaskCompletionSource();
            context.RequestAborted.Register(aborted.SetResult);
            await context.Response.Body.FlushAsync();
            await aborted.Task;
            gone.Release();
        }));
        using (var request = app.Request(HttpMethod.Get, "/a"))
        using (await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            // Disposed of with the body unread: the connection is closed.
        }

        Assert.True(await gone.WaitAsync(Soon, Token));
        await Eventually.True(() => app.Metrics.Count("response.stores", ("reason", "aborted")) == 1, Soon, "the aborted response to be counted");
        Assert.DoesNotContain(await fixture.Server.KeysAsync(app.Prefix), key => key.Contains('#', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_in_the_middle_aborts_the_response_and_leaves_nothing_stored(bool withLength)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentLength = withLength ? 4 : null;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("on purpose");
        }));
        for (var i = 1; i <= 2; i++)
        {
            // With all of Content-Length sent the client has a whole response; it is still not stored.
            if (withLength)
                await app.GetAsync("/a");
            else
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => app.GetAsync("/a"));

            await Eventually.True(() => app.Metrics.Count("response.stores", ("reason", "failed")) == i, Soon, "the failure to be counted");
        }
    }

    [Fact]
    public async Task An_exception_before_the_first_byte_is_the_apps_500_and_says_why_it_was_not_stored()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", IResult (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                throw new InvalidOperationException("on purpose");
            }),
            new AppSetup
            {
                // A handler of its own that answers with something that looks cacheable.
                Outside = web => web.Use(async (context, next) =>
                {
                    try
                    {
                        await next(context);
                    }
                    catch (InvalidOperationException)
                    {
                        context.Response.StatusCode = 200;
                        await context.Response.WriteAsync("sorry");
                    }
                }),
            });
        var first = await app.GetAsync("/a");
        Assert.Equal(("sorry", "RedisExpiryCache; fwd=bypass; detail=failed"), (first.Body, first.CacheStatus));
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task An_exception_handler_that_runs_the_pipeline_again_gives_one_Cache_Status()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.MapGet("/a", IResult () => throw new InvalidOperationException("on purpose"));
                web.MapPage("/error", "max-age=60");
            },
            new AppSetup { Outside = web => { web.UseExceptionHandler("/error"); web.UseRouting(); } });
        var first = await app.GetAsync("/a");
        var second = await app.GetAsync("/a");

        Assert.Equal((500, "page 1"), ((int)first.Status, first.Body));
        Assert.Equal((500, "page 2"), ((int)second.Status, second.Body));
        Assert.DoesNotContain(", ", first.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await app.GetAsync("/error")).Status);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3)]
    public async Task A_Content_Length_that_is_not_met_is_the_apps_failure_and_not_stored(int length)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentLength = length;
            await context.Response.Body.WriteAsync("short"u8.ToArray());
        }));
        // Too much is refused before the first byte, a 500; too little shows only at the end, which never comes.
        using var request = app.Request(HttpMethod.Get, "/a");
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var response = await app.Client.SendAsync(request, Token);
            response.EnsureSuccessStatusCode();
        });
        await Eventually.True(() => app.Metrics.Count("response.stores", ("outcome", "not-stored")) == 1, Soon, "it to be counted");
        Assert.DoesNotContain(await fixture.Server.KeysAsync(app.Prefix), key => key.Contains('#', StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_for_an_error_that_runs_the_pipeline_again_gives_one_Cache_Status_and_is_made_each_time()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapPage("/error"),
            new AppSetup { Outside = web => { web.UseStatusCodePagesWithReExecute("/error"); web.UseRouting(); } });
        var first = await app.GetAsync("/missing");
        var second = await app.GetAsync("/missing");

        Assert.Equal((404, "page 1"), ((int)first.Status, first.Body));
        Assert.Equal((404, "page 2"), ((int)second.Status, second.Body));
        Assert.Equal("RedisExpiryCache; fwd=bypass", first.CacheStatus);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
