using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class SignedInPolicyTests(RedisFixture fixture) : SignedInPolicyContract(fixture);

public sealed class InMemorySignedInPolicyTests(InMemoryFixture fixture) : SignedInPolicyContract(fixture);

/// <summary>Signed-in users where a policy tells them apart: everybody gets what was made for them, from the store, and nobody else's.</summary>
public abstract class SignedInPolicyContract(ServerFixture fixture)
{
    private const string Tag = "\"1\"";
    private static readonly (string Name, string Value) Alice = (SignIn.Field, "alice"), Bob = (SignIn.Field, "bob");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_user_has_a_stored_page_and_those_not_signed_in_share_theirs(bool byAttribute)
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, endpoint =>
        {
            if (byAttribute)
                endpoint.WithMetadata(new RedisResponseCacheAttribute { Duration = 60, VaryByUser = true });
            else
                ByUser(endpoint);
        });
        origin.Confirms(PageFor);
        Assert.Equal(("for alice", false), await SeenAsync(origin, Alice));
        Assert.Equal(("for ", false), await SeenAsync(origin));
        Assert.Equal(("for bob", false), await SeenAsync(origin, Bob));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(("for alice", true), await SeenAsync(origin, Alice));
            Assert.Equal(("for bob", true), await SeenAsync(origin, Bob));
            Assert.Equal(("for ", true), await SeenAsync(origin));
        }

        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task HEAD_and_ranges_are_answered_from_the_users_own_page()
    {
        await using var origin = await ForAliceAsync();
        var head = await origin.HeadAsync(Alice);
        var part = await origin.GetAsync(Alice, ("Range", "bytes=4-"));
        Assert.Equal((true, "9", true, 206, "alice"), (head.IsHit, head["Content-Length"], part.IsHit, (int)part.Status, part.Body));

        Assert.False((await origin.HeadAsync(Bob)).IsHit);
        var bobs = await origin.GetAsync(Bob, ("Range", "bytes=4-"));
        Assert.Equal((false, "for bob"), (bobs.IsHit, bobs.Body));
        Assert.False((await origin.HeadAsync()).IsHit);
        Assert.Equal(("for ", false), await SeenAsync(origin, ("Range", "bytes=4-")));
    }

    [Fact]
    public async Task A_304_confirms_the_users_own_page_although_all_pages_have_the_same_tag()
    {
        await using var origin = await ForAliceAsync();
        await origin.GetAsync(Bob);
        origin.Later(61);
        foreach (var (user, body) in new[] { (Bob, "for bob"), (Alice, "for alice") })
        {
            var validated = await origin.GetAsync(user);
            Assert.Equal((body, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60"), (validated.Body, validated.CacheStatus));
            Assert.Equal((Tag, "private, max-age=0, must-revalidate"), (origin.LastAsked("If-None-Match"), validated["Cache-Control"]));
            Assert.Equal((body, true), await SeenAsync(origin, user));
        }
    }

    [Fact]
    public async Task A_user_with_nothing_stored_is_not_asked_about_by_the_tags_of_others()
    {
        await using var origin = await ForAliceAsync(("Vary", "Accept-Language"));
        Assert.Equal(("for bob", false), await SeenAsync(origin, Bob, ("Accept-Language", "fr")));
        Assert.Null(origin.LastAsked("If-None-Match"));
        Assert.Equal(("for ", false), await SeenAsync(origin, ("Accept-Language", "fr")));
        Assert.DoesNotContain("for alice", (await origin.GetAsync(("Accept-Language", "de"))).Body, StringComparison.Ordinal);

        // Her own variants may be asked about.
        var french = await origin.GetAsync(Alice, ("Accept-Language", "fr"));
        Assert.Equal(("for alice", Tag), (french.Body, origin.LastAsked("If-None-Match")));
    }

    [Fact]
    public async Task What_HEAD_says_to_one_user_is_not_about_the_page_of_another()
    {
        await using var origin = await ForAliceAsync();
        origin.Answers(200, "", ("ETag", "\"2\""), ("Content-Length", "99"));
        await origin.HeadAsync(Bob, Origin.NoCache);
        await origin.HeadAsync(Origin.NoCache);
        Assert.Equal(("for alice", true), await SeenAsync(origin, Alice));
    }

    [Fact]
    public async Task Only_the_users_own_page_stands_in_for_an_app_that_fails()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, static endpoint =>
            endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).StaleIfError(TimeSpan.FromHours(1)).VaryByUser()));
        origin.Confirms(PageFor);
        await origin.GetAsync(Alice);
        origin.Later(61);
        origin.Answers(503, "failed");
        Assert.Equal("for alice", (await origin.GetAsync(Alice)).Body);
        Assert.Equal(("failed", "failed"), ((await origin.GetAsync(Bob)).Body, (await origin.GetAsync()).Body));
    }

    [Fact]
    public async Task An_eviction_of_the_URL_reaches_the_pages_of_all_users()
    {
        await using var origin = await ForAliceAsync();
        await origin.GetAsync(Bob);
        await origin.App.Control.EvictAsync(Origin.Path, TestContext.Current.CancellationToken);
        Assert.Equal(("for alice", false), await SeenAsync(origin, Alice));
        Assert.Equal(("for bob", false), await SeenAsync(origin, Bob));
    }

    [Fact]
    public async Task A_user_who_cannot_be_told_from_others_gets_nothing_stored()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, ByUser);
        origin.Confirms(PageFor);
        await origin.GetAsync();
        var nameless = await origin.GetAsync((SignIn.Field, "-"));
        Assert.Equal(("for -", "RedisExpiryCache; fwd=bypass; detail=signed-in"), (nameless.Body, nameless.CacheStatus));
        Assert.Equal(("for ", true), await SeenAsync(origin));
    }

    [Fact]
    public async Task Who_comes_with_Authorization_and_is_nobody_to_the_policy_gets_nothing_stored()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, ByUser);
        origin.Confirms(static context => $"for {context.Request.Headers.Authorization}");
        Assert.Equal("authorization", (await origin.GetAsync(("Authorization", "Bearer alice"))).Detail);
        Assert.Equal("for Bearer bob", (await origin.GetAsync(("Authorization", "Bearer bob"))).Body);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task Users_with_the_same_claims_share_their_pages()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, static endpoint =>
            endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim(ClaimTypes.Role)));
        origin.Confirms(static context => $"for {context.Request.Headers[SignIn.RolesField]}");
        Assert.Equal(("for admin,editor", false), await SeenAsync(origin, Alice, (SignIn.RolesField, "admin,editor")));
        Assert.Equal(("for admin,editor", true), await SeenAsync(origin, Bob, (SignIn.RolesField, "editor,admin")));
        Assert.Equal(("for admin", false), await SeenAsync(origin, Bob, (SignIn.RolesField, "admin")));
    }

    [Fact]
    public async Task With_both_a_user_whose_claims_have_changed_gets_a_new_page()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, static endpoint =>
            endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser().VaryByClaim(ClaimTypes.Role)));
        origin.Confirms(PageFor);
        Assert.Equal(("for alice", false), await SeenAsync(origin, Alice, (SignIn.RolesField, "admin")));
        Assert.Equal(("for alice", false), await SeenAsync(origin, Alice, (SignIn.RolesField, "editor")));
        Assert.Equal(("for bob", false), await SeenAsync(origin, Bob, (SignIn.RolesField, "admin")));
        Assert.Equal(("for alice", true), await SeenAsync(origin, Alice, (SignIn.RolesField, "admin")));
    }

    [Fact]
    public async Task A_policy_that_does_not_tell_users_apart_stores_nothing_for_them()
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, static endpoint =>
            endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByValue(static _ => "x").VaryByCulture()));
        origin.Confirms(PageFor);
        Assert.Equal("signed-in", (await origin.GetAsync(Alice)).Detail);
        Assert.Equal(("for bob", false), await SeenAsync(origin, Bob));
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Theory]
    [InlineData("user")]
    [InlineData("claim")]
    public async Task Whom_the_app_knows_only_behind_the_cache_gets_nothing_stored(string by)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.UseAuthentication();
                web.MapGet("/a", static (HttpContext context) => $"for {context.User.Identity?.Name}")
                    .CacheResponse(policy => _ = by == "user"
                        ? policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser()
                        : policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim(ClaimTypes.Role));
            },
            new AppSetup { Services = SignIn.AddTo });
        for (var i = 0; i < 2; i++)
        {
            var alice = await app.GetAsync("/a", Alice);
            Assert.Equal(("for alice", "signed-in"), (alice.Body, alice.Detail));
            Assert.Equal("for bob", (await app.GetAsync("/a", Bob)).Body);
        }

        Assert.Equal("for ", (await app.GetAsync("/a")).Body);
    }

    /// <summary>Her page is stored; all pages have the same entity tag.</summary>
    private async Task<Origin> ForAliceAsync(params (string Name, string? Value)[] fields)
    {
        var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront, ByUser);
        origin.Confirms(PageFor, [("ETag", Tag), .. fields]);
        var stored = await origin.GetAsync(Alice);
        Assert.Equal(("for alice", true), (stored.Body, stored.WasStored));
        return origin;
    }

    private static void ByUser(IEndpointConventionBuilder endpoint) =>
        endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser());

    private static string PageFor(HttpContext context) => $"for {context.Request.Headers[SignIn.Field]}";

    private static async Task<(string Body, bool IsHit)> SeenAsync(Origin origin, params (string Name, string Value)[] fields)
    {
        var answer = await origin.GetAsync(fields);
        return (answer.Body, answer.IsHit);
    }
}
