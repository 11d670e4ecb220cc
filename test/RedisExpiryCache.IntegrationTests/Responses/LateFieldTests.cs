using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Fields that middleware in front adds as the response starts, after the cache has decided.</summary>
public sealed class LateFieldTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData("Cookie", "Cookie")]
    [InlineData("X-Tenant, User-Agent", "X-Tenant")]
    [InlineData("Accept-Language", "Accept-Language")]
    [InlineData("Accept-Encoding, Cookie", "Cookie")]
    public async Task A_request_field_that_is_named_in_Vary_in_front_tells_variants_apart(string vary, string field)
    {
        await using var app = await StartAsync("Vary", vary);
        var alice = await app.GetAsync("/a", (field, "alice"));
        var bob = await app.GetAsync("/a", (field, "bob"));

        Assert.NotEqual(alice.Body, bob.Body);
        Assert.Equal((true, alice.Body), Hit(await app.GetAsync("/a", (field, "alice"))));
        Assert.Equal((true, bob.Body), Hit(await app.GetAsync("/a", (field, "bob"))));
    }

    [Fact]
    public async Task A_name_in_Vary_in_front_comes_on_top_of_those_of_the_page()
    {
        await using var app = await StartAsync("Vary", "Cookie", static context => context.Response.Headers.Vary = "X-Tenant");
        await app.GetAsync("/a", ("Cookie", "u=1"), ("X-Tenant", "acme"));

        Assert.False((await app.GetAsync("/a", ("Cookie", "u=2"), ("X-Tenant", "acme"))).IsHit);
        Assert.False((await app.GetAsync("/a", ("Cookie", "u=1"), ("X-Tenant", "other"))).IsHit);
        Assert.True((await app.GetAsync("/a", ("Cookie", "u=1"), ("X-Tenant", "acme"))).IsHit);
    }

    [Fact]
    public async Task A_follower_does_not_share_a_response_that_Vary_in_front_tells_apart()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync("Vary", "Cookie", hold: release.Task);
        var alice = app.GetAsync("/a", ("Cookie", "u=alice"));
        await Eventually.True(
            () => app.Services.GetRequiredService<PageCounter>().Made == 1, TimeSpan.FromSeconds(30), "a request for the page");
        var bob = app.GetAsync("/a", ("Cookie", "u=bob"));
        await app.CountedAsync(2, "response.lookup.duration");
        release.SetResult();

        Assert.NotEqual((await alice).Body, (await bob).Body);
    }

    /// <summary>These vary what such middleware does itself, to hits as well.</summary>
    [Theory]
    [InlineData("Origin")]
    [InlineData("Accept-Encoding")]
    public async Task What_CORS_and_a_compression_in_front_vary_by_does_not_tell_pages_apart(string name)
    {
        await using var app = await StartAsync("Vary", name);
        await app.GetAsync("/a", (name, "gzip"));
        var other = await app.GetAsync("/a", (name, "br"));

        Assert.Equal((true, name), (other.IsHit, other["Vary"]));
    }

    [Fact]
    public async Task CORS_in_front_answers_each_origin_from_one_stored_page()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", Minute), new AppSetup
        {
            Services = static services => services.AddCors(),
            Outside = static web => web.UseCors(static cors => cors.WithOrigins("https://a.example", "https://b.example")),
        });
        await app.GetAsync("/a", ("Origin", "https://a.example"));
        var other = await app.GetAsync("/a", ("Origin", "https://b.example"));

        Assert.Equal((true, "https://b.example"), (other.IsHit, other["Access-Control-Allow-Origin"]));
    }

    [Theory]
    [InlineData("private", "private")]
    [InlineData("no-store", "no-store")]
    [InlineData("no-cache, no-store", "no-store")]
    public async Task A_directive_in_front_forbids_storing_beside_a_targeted_field_of_the_page(string cacheControl, string reason)
    {
        await using var app = await StartAsync(
            "Cache-Control", cacheControl, static context => context.Response.Headers["CDN-Cache-Control"] = "max-age=60");
        await app.GetAsync("/a");

        Assert.False((await app.GetAsync("/a")).IsHit);
        await app.CountedAsync(2, "response.stores", ("outcome", "not-stored"), ("reason", reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_group_that_is_named_in_front_can_be_invalidated(bool asResponseStarts)
    {
        await using var app = await StartAsync("Cache-Groups", "\"shop\"", asResponseStarts: asResponseStarts);
        Assert.True((await app.WarmAsync("/a")).IsHit);
        await app.SendAsync(HttpMethod.Post, "/change");

        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    private static (bool IsHit, string Body) Hit(Answer answer) => (answer.IsHit, answer.Body);

    private Task<CachedApp> StartAsync(
        string name,
        string value,
        Action<HttpContext>? page = null,
        Task? hold = null,
        bool asResponseStarts = true) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/a", async (HttpContext context) =>
            {
                var body = context.NextPage();
                page?.Invoke(context);
                await (hold ?? Task.CompletedTask);
                await context.Response.WriteAsync(body);
            }).WithMetadata(Minute);
            web.MapPost("/change", static (HttpContext context) =>
            {
                context.Response.Headers["Cache-Group-Invalidation"] = "\"shop\"";
                return context.Response.WriteAsync("changed");
            });
        },
        new AppSetup
        {
            Outside = web => web.Use((context, next) =>
            {
                if (!asResponseStarts)
                    context.Response.Headers[name] = value;
                else
                    context.Response.OnStarting(() =>
                    {
                        context.Response.Headers[name] = name == "Vary" && context.Response.Headers.Vary.Count > 0
                            ? $"{context.Response.Headers.Vary}, {value}"
                            : value;
                        return Task.CompletedTask;
                    });

                return next(context);
            }),
        });
}
