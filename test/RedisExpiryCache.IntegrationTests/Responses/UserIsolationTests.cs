using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class UserIsolationTests(RedisFixture fixture) : UserIsolationContract(fixture);

public sealed class InMemoryUserIsolationTests(InMemoryFixture fixture) : UserIsolationContract(fixture);

/// <summary>Which principals <c>VaryByUser</c> takes for the same user.</summary>
public abstract class UserIsolationContract(ServerFixture fixture)
{
    [Theory]
    [InlineData("Federation id=1@https://tenant-a", "Federation id=1@https://tenant-b")]
    [InlineData("Federation sub=1@https://tenant-a", "Federation sub=1@https://tenant-b")]
    [InlineData("Federation name=a@https://tenant-a", "Federation name=a@https://tenant-b")]
    [InlineData("Cookies id=1@local@https://tenant-a", "Cookies id=1@local@https://tenant-b")]
    [InlineData("Cookies name=alice; Certificate id=device", "Cookies name=bob; Certificate id=device")]
    [InlineData("Certificate id=device; Cookies id=alice", "Certificate id=device; Cookies id=bob")]
    [InlineData("Cookies name=a; Basic name=b", "Cookies name=a; Digest name=b")]
    [InlineData("Cookies id=1 id=2", "Cookies id=1 id=3")]
    [InlineData("Cookies id=1 sub=2", "Cookies id=1 sub=3")]
    [InlineData("Cookies id=1 name=a", "Cookies id=1 name=b")]
    [InlineData("Cookies id=1", "Cookies id=1; Certificate id=device")]
    [InlineData("Cookies id=1; Basic id=2", "Cookies id=2; Basic id=1")]
    public async Task Users_that_differ_in_an_identity_an_identifier_or_an_issuer_never_share_a_response(string one, string other)
    {
        await using var origin = await StartAsync();
        Assert.Equal((one, false), await SeenAsync(origin, one));
        Assert.Equal((other, false), await SeenAsync(origin, other));
        Assert.Equal((one, true), await SeenAsync(origin, one));
        Assert.Equal((other, true), await SeenAsync(origin, other));
    }

    [Theory]
    [InlineData("Cookies id=1 sub=2 name=a", "Cookies name=a sub=2 id=1")]
    [InlineData("Cookies id=1; Certificate id=device", "Certificate id=device; Cookies id=1")]
    [InlineData("Cookies id=1 role=a", "Cookies id=1 role=b")]
    [InlineData("Cookies id=1", "- id=9; Cookies id=1")]
    public async Task A_user_is_the_same_in_any_order_of_claims_and_identities_and_whatever_the_other_claims(string one, string other)
    {
        await using var origin = await StartAsync();
        Assert.Equal((one, false), await SeenAsync(origin, one));
        Assert.Equal((one, true), await SeenAsync(origin, other));
    }

    [Theory]
    [InlineData("Cookies role=admin", null)]
    [InlineData("Cookies id=", null)]
    [InlineData("Cookies role=admin; Certificate id=device", null)]
    [InlineData("Cookies role=admin", "public, max-age=60")]
    [InlineData("Cookies role=admin; Certificate id=device", "public, max-age=60")]
    public async Task A_user_with_an_identity_that_has_no_identifier_gets_nothing_stored_even_if_public(string user, string? cacheControl)
    {
        await using var origin = await StartAsync(("Cache-Control", cacheControl));
        Assert.Equal(("", false), await SeenAsync(origin, ""));
        for (var i = 0; i < 2; i++)
        {
            var answer = await origin.GetAsync(Principals.Of(user), ("X-Round", $"{i}"));
            Assert.Equal(($"{user}{i}", "signed-in"), (answer.Body, answer.Detail));
        }

        Assert.Equal(("", true), await SeenAsync(origin, ""));
        Assert.Single(await origin.StoredAsync(fixture.Server));
    }

    private async Task<Origin> StartAsync(params (string Name, string? Value)[] fields)
    {
        var origin = await Origin.StartAsync(fixture.Server, Principals.InFront, static endpoint =>
            endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser()));
        origin.Confirms(static context => $"{context.Request.Headers[Principals.Field]}{context.Request.Headers["X-Round"]}", fields);
        return origin;
    }

    private static async Task<(string Body, bool IsHit)> SeenAsync(Origin origin, string user)
    {
        var answer = await origin.GetAsync(user.Length == 0 ? [] : [Principals.Of(user)]);
        return (answer.Body, answer.IsHit);
    }
}
