using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class NeverStoredTests(RedisFixture fixture) : NeverStoredContract(fixture);

public sealed class InMemoryNeverStoredTests(InMemoryFixture fixture) : NeverStoredContract(fixture);

/// <summary>What is never stored, whatever an attribute says.</summary>
public abstract class NeverStoredContract(ServerFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData("Set-Cookie", "session=1", "set-cookie")]
    [InlineData("Vary", "*", "vary-star")]
    [InlineData("Vary", "Accept, *", "vary-star")]
    [InlineData("Cache-Control", "no-store", "no-store")]
    [InlineData("Cache-Control", "private", "private")]
    [InlineData("Cache-Control", "no-cache", "no-cache")]
    public Task A_field_forbids_it(string name, string value, string reason) =>
        IsNotStored(context => context.Response.Headers[name] = value, reason);

    [Fact]
    public Task A_cookie_that_something_inside_adds_at_the_last_moment_forbids_it() => IsNotStored(
        context => context.Response.OnStarting(() =>
        {
            context.Response.Cookies.Append("session", "1");
            return Task.CompletedTask;
        }),
        "set-cookie");

    [Fact]
    public Task A_part_of_something_is_not_stored() => IsNotStored(
        context => context.Response.StatusCode = StatusCodes.Status206PartialContent, "partial-content");

    [Theory]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task An_error_or_a_detour_is_not_stored_because_a_policy_wants_successes_stored(int status)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", Minute, context => context.Response.StatusCode = status));
        var first = await app.GetAsync("/a");

        Assert.Equal("no-freshness", first.Detail);
        Assert.Null(first["Cache-Control"]);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_304_that_the_app_gives_one_client_is_not_the_answer_for_another()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = "\"1\"";
            if (context.Request.Headers.IfNoneMatch.Count > 0)
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            await context.Response.WriteAsync(context.NextPage());
        }));
        var first = await app.GetAsync("/a", ("If-None-Match", "\"1\""));
        var second = await app.GetAsync("/a");

        Assert.Equal((304, "conditional"), ((int)first.Status, first.Detail));
        Assert.Equal((200, "page 1"), ((int)second.Status, second.Body));
    }

    [Theory]
    [InlineData("max-age=60", false)]
    [InlineData("max-age=60, public", true)]
    [InlineData("s-maxage=60", true)]
    [InlineData("max-age=60, must-revalidate", true)]
    public async Task An_answer_to_Authorization_is_stored_only_when_it_says_that_it_may(string cacheControl, bool stored)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", cacheControl));
        var first = await app.GetAsync("/a", ("Authorization", "Bearer alice"));
        var second = await app.GetAsync("/a", ("Authorization", "Bearer bob"));

        Assert.Equal(stored ? null : "authorization", first.Detail);
        Assert.Equal(stored ? "page 1" : "page 2", second.Body);
    }

    [Fact]
    public async Task A_policy_does_not_speak_for_who_comes_with_Authorization()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", Minute));
        var anonymous = await app.GetAsync("/a");
        var alice = await app.GetAsync("/a", ("Authorization", "Bearer alice"));

        Assert.Equal(("page 1", "page 2"), (anonymous.Body, alice.Body));
        Assert.Equal("authorization", alice.Detail);
        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("max-age=60")]
    [InlineData(null)]
    public async Task The_page_of_a_signed_in_user_never_reaches_another(string? cacheControl)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                var page = web.MapPage("/a", cacheControl, context => context.Response.Headers["X-Hello"] = context.User.Identity?.Name);
                if (cacheControl is null)
                {
                    page.WithMetadata(Minute);
                }
            },
            new AppSetup { Services = SignIn.AddTo, Outside = web => web.UseAuthentication() });

        var alice = await app.GetAsync("/a", (SignIn.Field, "alice"));
        var bob = await app.GetAsync("/a", (SignIn.Field, "bob"));
        var anonymous = await app.GetAsync("/a");

        Assert.Equal(("alice", "signed-in"), (alice["X-Hello"], alice.Detail));
        Assert.Equal("bob", bob["X-Hello"]);
        Assert.Null(anonymous["X-Hello"]);
        Assert.Equal("page 3", anonymous.Body);
    }

    [Fact]
    public async Task A_user_who_is_known_only_further_inside_counts_too()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.UseAuthentication();
                web.MapPage("/a", Minute, context => context.Response.Headers["X-Hello"] = context.User.Identity?.Name);
            },
            new AppSetup { Services = SignIn.AddTo });

        Assert.Equal("signed-in", (await app.GetAsync("/a", (SignIn.Field, "alice"))).Detail);
        Assert.Null((await app.GetAsync("/a"))["X-Hello"]);
    }

    /// <summary>Apps add identities to the anonymous one that every request begins with; ClaimsPrincipal.Identity is then still that one.</summary>
    [Fact]
    public async Task A_user_whose_identity_was_added_to_the_anonymous_one_counts_too()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapPage("/a", Minute),
            new AppSetup
            {
                Outside = web => web.Use((context, next) =>
                {
                    if (context.Request.Headers[SignIn.Field].ToString() is { Length: > 0 } name)
                    {
                        context.User.AddIdentity(new([new("name", name)], "test"));
                    }

                    return next(context);
                }),
            });

        Assert.Equal("signed-in", (await app.GetAsync("/a", (SignIn.Field, "alice"))).Detail);
        Assert.Equal("page 2", (await app.GetAsync("/a", (SignIn.Field, "bob"))).Body);
    }

    [Fact]
    public async Task A_request_that_says_no_store_leaves_nothing_behind()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"));
        Assert.Equal("request-no-store", (await app.GetAsync("/a", ("Cache-Control", "no-store"))).Detail);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    private async Task IsNotStored(Action<HttpContext> also, string reason)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", Minute, also));
        var first = await app.GetAsync("/a");

        Assert.Equal(reason, first.Detail);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }
}
