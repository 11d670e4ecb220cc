using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Which response of an unmarked endpoint brings it into scope, and what is stored of it from then on.</summary>
public sealed class ScopeLearningTests(RedisFixture fixture)
{
    private const string Public = "public, max-age=60";
    private const string Unmarked = "RedisExpiryCache; fwd=bypass; detail=unmarked";

    [Theory]
    [InlineData("a cookie")]
    [InlineData("no-store in the targeted field")]
    [InlineData("Vary: *")]
    [InlineData("a stream")]
    [InlineData("no freshness")]
    [InlineData("IResponseCacheFeature.NoStore")]
    [InlineData("a HEAD")]
    public async Task A_public_response_that_could_not_have_been_stored_does_not_bring_its_endpoint_into_scope(string why)
    {
        await using var app = await StartAsync(web => web.MapPage("/a", Public, context => Spoil(context, why)));

        for (var i = 0; i < 3; i++)
            Assert.Equal(Unmarked, (await app.SendAsync(why == "a HEAD" ? HttpMethod.Head : HttpMethod.Get, "/a")).CacheStatus);

        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
    }

    [Fact]
    public async Task An_error_page_of_middleware_in_front_that_is_public_does_not_bring_a_failing_endpoint_into_scope()
    {
        await using var app = await StartAsync(
            static web => web.MapGet("/a", static void () => throw new InvalidOperationException("No page.")),
            new AppSetup
            {
                Outside = static web => web.UseExceptionHandler(new ExceptionHandlerOptions
                {
                    ExceptionHandler = static context =>
                    {
                        context.Response.Headers.CacheControl = Public;
                        return context.Response.WriteAsync("Sorry.");
                    },
                }),
            });

        for (var i = 0; i < 3; i++)
        {
            var answer = await app.GetAsync("/a");
            Assert.Equal(("Sorry.", Unmarked), (answer.Body, answer.CacheStatus));
        }

        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
    }

    [Fact]
    public async Task A_304_for_the_client_that_says_public_brings_its_endpoint_into_scope()
    {
        await using var app = await StartAsync(static web => web.MapGet("/a", static (HttpContext context) =>
        {
            (context.Response.Headers.CacheControl, context.Response.Headers.ETag) = (Public, "\"1\"");
            return context.Request.Headers.IfNoneMatch.Count > 0 ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Text("page");
        }));

        Assert.Equal(Unmarked, (await app.GetAsync("/a", ("If-None-Match", "\"1\""))).CacheStatus);
        Assert.True((await app.GetAsync("/a")).WasStored);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task An_endpoint_that_sets_a_duration_by_code_is_in_scope_from_the_next_request_on()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a", cacheControl: null, static context =>
            context.Features.Get<IResponseCacheFeature>()!.Duration = TimeSpan.FromMinutes(1)));

        Assert.Equal(Unmarked, (await app.GetAsync("/a")).CacheStatus);
        Assert.True((await app.GetAsync("/a")).WasStored);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("max-age=60")]
    [InlineData(null)]
    [InlineData("private, max-age=60")]
    public async Task Of_an_endpoint_in_scope_a_response_that_does_not_say_public_is_not_stored(string? cacheControl)
    {
        await using var app = await StartAsync(web => web.MapPage("/{**path}", cacheControl: null, context =>
            context.Response.Headers.CacheControl = context.Request.Path == "/public" ? Public : cacheControl));
        await app.GetAsync("/public");
        await app.WarmAsync("/public");

        for (var i = 0; i < 3; i++)
        {
            var answer = await app.GetAsync("/own");
            Assert.Equal((false, cacheControl ?? ""), (answer.IsHit || answer.WasStored, answer["Cache-Control"] ?? ""));
        }

        Assert.DoesNotContain(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains("/own", StringComparison.Ordinal) && key.Contains('#', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_an_endpoint_it_is_each_path_that_comes_into_scope()
    {
        await using var app = await StartAsync(static web => web.Run(static context =>
        {
            context.Response.Headers.CacheControl = context.Request.Path.StartsWithSegments("/public") ? Public : "max-age=60";
            return context.Response.WriteAsync(context.NextPage());
        }));

        Assert.Equal(Unmarked, (await app.GetAsync("/public/a")).CacheStatus);
        Assert.True((await app.GetAsync("/public/a?page=2")).WasStored);
        Assert.Equal(("page 2", true), Hit(await app.GetAsync("/public/a?page=2")));
        Assert.Equal(Unmarked, (await app.GetAsync("/public/b")).CacheStatus);
        Assert.Equal(Unmarked, (await app.GetAsync("/other")).CacheStatus);
        Assert.Equal(Unmarked, (await app.GetAsync("/other")).CacheStatus);
    }

    [Fact]
    public async Task A_HEAD_of_a_page_in_scope_is_answered_from_the_stored_GET()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a", Public));
        await app.GetAsync("/a");
        await app.WarmAsync("/a");

        Assert.True((await app.SendAsync(HttpMethod.Head, "/a")).IsHit);
    }

    [Fact]
    public async Task Each_process_has_to_see_a_public_response_of_its_own_before_it_looks_up()
    {
        await using var one = await StartAsync(static web => web.MapPage("/a", Public));
        await one.GetAsync("/a");
        var stored = await one.WarmAsync("/a");
        await using var other = await StartAsync(static web => web.MapPage("/a", Public), new AppSetup { Prefix = one.Prefix });

        Assert.Equal(Unmarked, (await other.GetAsync("/a")).CacheStatus);
        Assert.Equal((stored.Body, true), Hit(await other.GetAsync("/a")));
    }

    [Fact]
    public async Task A_stale_page_in_scope_is_renewed_in_the_background()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a", "public, max-age=1, stale-while-revalidate=60"));
        await app.GetAsync("/a");
        var stored = await app.WarmAsync("/a");

        await Eventually.True(
            async () => Hit(await app.GetAsync("/a")) is (var body, true) && body != stored.Body, TimeSpan.FromSeconds(30), "the page to be renewed");
        Assert.DoesNotContain(app.Logs, static record => record.Event.Id is 29 or 34);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_to_POST_is_stored_for_a_later_GET_where_that_is_in_scope(bool isMarked)
    {
        await using var app = await StartAsync(
            web =>
            {
                var get = web.MapPage("/a", "max-age=60");
                if (isMarked)
                    get.CacheResponse(static policy => policy.Tag("a"));

                web.MapPost("/a", static (HttpContext context) =>
                {
                    (context.Response.Headers.CacheControl, context.Response.Headers.ContentLocation) = (Public, "/a");
                    return "posted";
                });
            },
            new AppSetup { Options = static options => options.ResponseCaching.StorePostResponses = true });

        await app.SendAsync(HttpMethod.Post, "/a");
        Assert.Equal(isMarked, Hit(await app.GetAsync("/a")) == ("posted", true));
    }

    [Fact]
    public async Task The_log_says_once_which_endpoint_came_into_scope()
    {
        await using var app = await StartAsync(static web => web.MapPage("/page/{id}", Public).WithDisplayName("the page"));
        await app.GetAsync("/page/1");
        await app.GetAsync("/page/2");

        var record = Assert.Single(app.Logs, static record => record.Event.Id == 33);
        Assert.Contains("/page/1", record.Message, StringComparison.Ordinal);
        Assert.Contains("(the page)", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_count_a_request_out_of_scope_as_a_bypass_whose_response_is_not_stored_as_unmarked()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a", cacheControl: null));
        await app.GetAsync("/a");

        await app.CountedAsync(1, "response.requests", ("outcome", "forwarded"), ("reason", "bypass"));
        await app.CountedAsync(1, "response.stores", ("outcome", "not-stored"), ("reason", "unmarked"));
    }

    private static void Spoil(HttpContext context, string why)
    {
        var headers = context.Response.Headers;
        switch (why)
        {
            case "a cookie":
                headers.SetCookie = "session=1";
                break;
            case "no-store in the targeted field":
                headers["CDN-Cache-Control"] = "no-store";
                break;
            case "Vary: *":
                headers.Vary = "*";
                break;
            case "a stream":
                context.Response.ContentType = "text/event-stream";
                break;
            case "no freshness":
                headers.CacheControl = "public";
                break;
            case "IResponseCacheFeature.NoStore":
                context.Features.Get<IResponseCacheFeature>()!.NoStore = true;
                break;
            default:
                break;
        }
    }

    private static (string Body, bool IsHit) Hit(Answer answer) => (answer.Body, answer.IsHit);

    private Task<CachedApp> StartAsync(Action<WebApplication> map, AppSetup? setup = null) =>
        CachedApp.StartAsync(fixture.Server, map, (setup ?? new AppSetup()) with { IsOnDefaults = true });
}
