using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>RFC 9110 9.3.3: an answer to POST that is about the URL itself can answer a later GET, where the settings say so.</summary>
public sealed class PostTests(RedisFixture fixture)
{
    [Theory]
    [InlineData(true, "/a", "max-age=60", 200, true)]
    [InlineData(true, "http://app.example/a", "s-maxage=60", 200, true)]
    [InlineData(true, "", "max-age=60", 200, false)]
    [InlineData(true, "/b", "max-age=60", 200, false)]
    [InlineData(true, "/a?", "max-age=60", 200, false)]
    [InlineData(true, "https://app.example/a", "max-age=60", 200, false)]
    [InlineData(true, "/a", "public", 200, false)]
    [InlineData(true, "/a", "max-age=60, private", 200, false)]
    [InlineData(true, "/a", "max-age=60", 201, false)]
    [InlineData(false, "/a", "max-age=60", 200, false)]
    public async Task An_answer_to_POST_answers_a_later_GET(bool allowed, string contentLocation, string cacheControl, int status, bool answers)
    {
        await using var app = await StartAsync(allowed, context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.CacheControl = cacheControl;
            if (contentLocation.Length > 0)
                context.Response.Headers.ContentLocation = contentLocation;
        });

        var posted = await app.SendAsync(HttpMethod.Post, "/a");
        var got = await app.GetAsync("/a");

        Assert.StartsWith("RedisExpiryCache; fwd=method", posted.CacheStatus, StringComparison.Ordinal);
        Assert.Equal((answers, answers, answers), (posted.WasStored, got.IsHit, got.Body == posted.Body));
    }

    [Fact]
    public async Task It_evicts_what_was_stored_before()
    {
        await using var app = await StartAsync(allowed: true, AboutA);
        var before = (await app.WarmAsync("/a")).Body;

        var posted = (await app.SendAsync(HttpMethod.Post, "/a")).Body;

        Assert.NotEqual(before, posted);
        Assert.Equal(posted, (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task It_is_not_stored_when_somebody_else_has_evicted_the_URL_meanwhile()
    {
        CachedApp? app = null;
        await using var started = app = await StartAsync(allowed: true, context =>
        {
            AboutA(context);
            app!.Control.EvictAsync("/a", context.RequestAborted).AsTask().Wait(context.RequestAborted);
        });

        var posted = await app.SendAsync(HttpMethod.Post, "/a");

        Assert.NotEqual(posted.Body, (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_POST_that_fails_stores_nothing_and_evicts_nothing()
    {
        await using var app = await StartAsync(allowed: true, _ => throw new InvalidOperationException("on purpose"));
        var before = (await app.WarmAsync("/a")).Body;

        Assert.Equal(500, (int)(await app.SendAsync(HttpMethod.Post, "/a")).Status);

        Assert.Equal(before, (await app.GetAsync("/a")).Body);
    }

    private static void AboutA(HttpContext context) =>
        (context.Response.Headers.CacheControl, context.Response.Headers.ContentLocation) = ("max-age=60", "/a");

    private Task<CachedApp> StartAsync(bool allowed, Action<HttpContext> answer) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapPage("/a");
            web.MapPost("/a", (HttpContext context) =>
            {
                answer(context);
                return context.Response.WriteAsync(context.NextPage());
            });
        },
        new AppSetup { Options = options => options.ResponseCaching.StorePostResponses = allowed });
}
