using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>RFC 9111 4.3.1: entity tags of other variants go to the origin only where variants are negotiated.</summary>
/// <remarks>Not where they may be personal.</remarks>
public sealed class OtherVariantTagTests(RedisFixture fixture)
{
    private const string ETag = "\"data-7\"";

    [Theory]
    [InlineData("Cookie", "Cookie", "user=alice", "user=bob")]
    [InlineData("X-User", "X-User", "alice", "bob")]
    [InlineData("User-Agent", "User-Agent", "one", "two")]
    [InlineData("Cookie, Accept-Language", "Cookie", "user=alice", "user=bob")]
    [InlineData("Accept-Datetime", "Accept-Datetime", "Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 09 Mar 2026 12:00:00 GMT")]
    public async Task A_304_for_one_user_is_never_answered_with_the_body_of_another(string vary, string field, string first, string second)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms(
            context => $"page of {context.Request.Headers[field]}", ("Cache-Control", "max-age=60"), ("Vary", vary), ("ETag", ETag));
        Assert.Equal($"page of {first}", (await origin.GetAsync((field, first))).Body);
        Assert.Equal($"page of {second}", (await origin.GetAsync((field, second))).Body);
        Assert.Null(origin.LastAsked("If-None-Match"));
    }

    [Fact]
    public async Task A_policy_that_varies_by_header_keeps_the_tags_of_other_variants_from_the_origin()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server,
            endpoint: static page => page.CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByHeader("X-Tenant")));
        origin.Confirms(static context => $"page of {context.Request.Headers["X-Tenant"]}", ("ETag", ETag));
        Assert.Equal("page of acme", (await origin.GetAsync(("X-Tenant", "acme"))).Body);
        Assert.Equal("page of other", (await origin.GetAsync(("X-Tenant", "other"))).Body);
    }

    [Fact]
    public async Task A_stale_page_of_one_user_is_revalidated_by_its_own_tag_alone()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        foreach (var user in new[] { "alice", "bob" })
        {
            origin.Answers(200, $"page of {user}", ("Cache-Control", "max-age=60"), ("Vary", "Cookie"), ("ETag", $"\"{user}\""));
            await origin.GetAsync(("Cookie", user));
        }

        origin.Later(61);
        await origin.GetAsync(("Cookie", "alice"));
        Assert.Equal("\"alice\"", origin.LastAsked("If-None-Match"));
    }

    [Theory]
    [InlineData("Cookie")]
    [InlineData("*")]
    public async Task A_304_for_another_variant_that_says_it_varies_by_more_has_the_origin_called_again(string vary)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "page in German", ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language"), ("ETag", ETag));
        await origin.GetAsync(("Accept-Language", "de"));
        origin.Confirms("page in English", ("Cache-Control", "max-age=60"), ("Vary", vary), ("ETag", ETag));
        Assert.Equal("page in English", (await origin.GetAsync(("Accept-Language", "en"))).Body);
    }

    [Theory]
    [InlineData("Accept")]
    [InlineData("Accept-Charset")]
    [InlineData("Accept-Encoding")]
    [InlineData("Accept-Language")]
    public async Task Negotiated_variants_are_still_revalidated_by_each_others_tags(string field)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms("page", ("Cache-Control", "max-age=60"), ("Vary", field), ("ETag", ETag));
        await origin.GetAsync((field, "a/a"));
        await origin.GetAsync((field, "b/b"));
        Assert.Equal(ETag, origin.LastAsked("If-None-Match"));
    }
}
