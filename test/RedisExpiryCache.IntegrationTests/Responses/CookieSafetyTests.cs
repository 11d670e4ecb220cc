using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Where cookies are stored with their pages, still only those that the app says for everybody.</summary>
public sealed class CookieSafetyTests(RedisFixture fixture)
{
    private const string Tag = "\"1\"";

    /// <summary>What stands in front gives whom X-Session names a cookie.</summary>
    private static readonly AppSetup WithSessionsInFront = new()
    {
        Options = static options => options.ResponseCaching.StoreSetCookie = true,
        Outside = static web => web.Use(static (context, next) =>
        {
            if (context.Request.Headers["X-Session"].ToString() is { Length: > 0 } session)
                context.Response.Cookies.Append("session", session);

            return next(context);
        }),
    };

    [Fact]
    public async Task A_cookie_of_what_stands_in_front_is_nobody_elses_by_validation()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, WithSessionsInFront);
        origin.Confirms("one", ("Cache-Control", "max-age=60"), ("ETag", Tag));
        await origin.GetAsync();
        var alice = await origin.GetAsync(("X-Session", "alice"), Origin.NoCache);
        var bob = await origin.GetAsync();

        Assert.Equal(("one", "session=alice; path=/"), (alice.Body, alice["Set-Cookie"]));
        Assert.Equal((true, null), (bob.IsHit, bob["Set-Cookie"]));
    }

    [Fact]
    public async Task A_cookie_of_what_stands_in_front_is_not_stored_with_the_apps_own()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, WithSessionsInFront);
        origin.Answer = static context =>
        {
            context.Response.Cookies.Append("theme", "dark");
            return Origin.SayAsync(context, 200, "one", ("Cache-Control", "max-age=60"));
        };
        Assert.Contains("session=alice", (await origin.GetAsync(("X-Session", "alice")))["Set-Cookie"], StringComparison.Ordinal);
        var bob = await origin.GetAsync();
        Assert.Equal((true, "theme=dark; path=/"), (bob.IsHit, bob["Set-Cookie"]));
    }

    [Fact]
    public async Task A_cookie_is_not_shared_where_nobody_has_said_for_how_long()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Options = static options => (options.ResponseCaching.HeuristicFreshness, options.ResponseCaching.StoreSetCookie) = (true, true),
        });
        origin.Answer = context => Origin.SayAsync(
            context, 200, "one", ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Set-Cookie", $"session={origin.Calls}"));
        Assert.Equal("session=1", (await origin.GetAsync())["Set-Cookie"]);
        Assert.Equal("session=2", (await origin.GetAsync())["Set-Cookie"]);
    }
}
