using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Which users <c>VaryByClaim</c> lets share a response: those with the claim, and the same of it.</summary>
public sealed class ClaimIsolationTests(RedisFixture fixture)
{
    private const int ClaimOnNoUser = 30;

    [Theory]
    [InlineData("Cookies id=1", "Cookies id=2")]
    [InlineData("Cookies id=1 tennant=a", "Cookies id=2 tennant=b")]
    [InlineData("Cookies id=1 tenant=", "Cookies id=2 tenant=")]
    public async Task Signed_in_users_without_the_claim_share_nothing_and_get_nothing_stored(string one, string other)
    {
        await using var origin = await StartAsync(["tenant"]);
        Assert.Equal((one, "signed-in"), await DetailAsync(origin, one));
        Assert.Equal((other, "signed-in"), await DetailAsync(origin, other));
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task A_user_who_lacks_one_of_several_claims_gets_nothing_stored()
    {
        await using var origin = await StartAsync(["tenant", "role"]);
        Assert.Equal(("Cookies id=1 tenant=a", "signed-in"), await DetailAsync(origin, "Cookies id=1 tenant=a"));
        Assert.Equal(("Cookies id=2 tenant=a", "signed-in"), await DetailAsync(origin, "Cookies id=2 tenant=a"));
        Assert.Equal(("Cookies id=2 tenant=a role=x", false), await SeenAsync(origin, "Cookies id=2 tenant=a role=x"));
        Assert.Equal(("Cookies id=2 tenant=a role=x", true), await SeenAsync(origin, "Cookies id=3 role=x tenant=a"));
    }

    [Theory]
    [InlineData("Cookies tenant=1@https://a", "Cookies tenant=1@https://b")]
    [InlineData("Cookies tenant=1@local@https://a", "Cookies tenant=1@local@https://b")]
    [InlineData("Cookies tenant=1", "Certificate tenant=1")]
    [InlineData("Cookies Tenant=1", "Cookies Tenant=2")]
    [InlineData("Cookies tenant=1; Certificate tenant=2", "Cookies tenant=2; Certificate tenant=1")]
    [InlineData("Cookies tenant=1", "Cookies tenant=1; - tenant=2")]
    public async Task Users_share_only_if_the_claim_is_of_the_same_issuer_and_identity(string one, string other)
    {
        await using var origin = await StartAsync(["tenant"]);
        Assert.Equal((one, false), await SeenAsync(origin, one));
        Assert.Equal((other, false), await SeenAsync(origin, other));
        Assert.Equal((one, true), await SeenAsync(origin, one));
        Assert.Equal((other, true), await SeenAsync(origin, other));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("public, max-age=60")]
    public async Task An_anonymous_page_and_that_of_a_user_without_the_claim_are_never_confused(string? cacheControl)
    {
        await using var origin = await StartAsync(["tenant"], ("Cache-Control", cacheControl));
        Assert.Equal(("Cookies id=1", false), await SeenAsync(origin, "Cookies id=1"));
        Assert.Equal(("", false), await SeenAsync(origin, ""));
        Assert.Equal(("Cookies id=2", false), await SeenAsync(origin, "Cookies id=2"));
        Assert.Equal(("Cookies tenant=a", false), await SeenAsync(origin, "Cookies tenant=a"));
        Assert.Equal(("", true), await SeenAsync(origin, ""));
    }

    [Fact]
    public async Task Anonymous_visitors_with_different_claims_are_told_apart()
    {
        await using var origin = await StartAsync(["tenant"]);
        Assert.Equal(("- tenant=a", false), await SeenAsync(origin, "- tenant=a"));
        Assert.Equal(("- tenant=b", false), await SeenAsync(origin, "- tenant=b"));
        Assert.Equal(("", false), await SeenAsync(origin, ""));
        Assert.Equal(("Cookies tenant=a", false), await SeenAsync(origin, "Cookies tenant=a"));
        Assert.Equal(("- tenant=a", true), await SeenAsync(origin, "- tenant=a"));
    }

    [Fact]
    public async Task An_anonymous_visitor_with_the_claim_and_Authorization_gets_nothing_stored()
    {
        await using var origin = await StartAsync(["tenant"]);
        for (var i = 0; i < 2; i++)
        {
            var answer = await origin.GetAsync(Principals.Of("- tenant=a"), ("Authorization", "Bearer expired"));
            Assert.Equal("authorization", answer.Detail);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_AllowMissingClaims_users_without_the_claim_share_with_each_other_and_not_with_anonymous_visitors(
        bool byAttribute)
    {
        await using var origin = await StartAsync(endpoint => _ = byAttribute
            ? endpoint.WithMetadata(
                new RedisResponseCacheAttribute { Duration = 60, VaryByClaimTypes = ["tenant"], AllowMissingClaims = true })
            : endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim("tenant").AllowMissingClaims()));
        Assert.Equal(("", false), await SeenAsync(origin, ""));
        Assert.Equal(("Cookies id=1", false), await SeenAsync(origin, "Cookies id=1"));
        Assert.Equal(("Cookies id=1", true), await SeenAsync(origin, "Cookies id=2"));
        Assert.Equal(("Cookies tenant=a", false), await SeenAsync(origin, "Cookies tenant=a"));
        Assert.Equal(("", true), await SeenAsync(origin, ""));
        var warning = Assert.Single(origin.App.Logs, static record => record.Event.Id == ClaimOnNoUser);
        Assert.Contains("share", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_type_that_is_on_no_signed_in_user_is_logged_once()
    {
        await using var origin = await StartAsync(["tennant"]);
        await SeenAsync(origin, "");
        Assert.DoesNotContain(origin.App.Logs, static record => record.Event.Id == ClaimOnNoUser);
        await SeenAsync(origin, "Cookies id=1 tenant=a");
        await SeenAsync(origin, "Cookies id=2 tenant=b");
        var warning = Assert.Single(origin.App.Logs, static record => record.Event.Id == ClaimOnNoUser);
        Assert.Equal((LogLevel.Warning, "tennant"), (warning.Level, warning.Values["ClaimType"]));
        Assert.Contains("not stored", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_type_that_some_signed_in_user_has_had_is_not_logged()
    {
        await using var origin = await StartAsync(["tenant"]);
        await SeenAsync(origin, "Cookies id=1 tenant=a");
        await SeenAsync(origin, "Cookies id=2");
        Assert.DoesNotContain(origin.App.Logs, static record => record.Event.Id == ClaimOnNoUser);
    }

    private Task<Origin> StartAsync(string[] types, params (string Name, string? Value)[] fields) => StartAsync(
        endpoint => endpoint.CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim(types)), fields);

    private async Task<Origin> StartAsync(Action<IEndpointConventionBuilder> endpoint, params (string Name, string? Value)[] fields)
    {
        var origin = await Origin.StartAsync(fixture.Server, Principals.InFront, endpoint);
        origin.Confirms(static context => context.Request.Headers[Principals.Field].ToString(), fields);
        return origin;
    }

    private static async Task<(string Body, bool IsHit)> SeenAsync(Origin origin, string user)
    {
        var answer = await AskAsync(origin, user);
        return (answer.Body, answer.IsHit);
    }

    private static async Task<(string Body, string? Detail)> DetailAsync(Origin origin, string user)
    {
        var answer = await AskAsync(origin, user);
        return (answer.Body, answer.Detail);
    }

    private static Task<Answer> AskAsync(Origin origin, string user) => origin.GetAsync(user.Length == 0 ? [] : [Principals.Of(user)]);
}
