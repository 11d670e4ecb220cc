using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class VariantSafetyTests(RedisFixture fixture) : VariantSafetyContract(fixture);

public sealed class InMemoryVariantSafetyTests(InMemoryFixture fixture) : VariantSafetyContract(fixture);

/// <summary>A 304 to the tag of another variant never gives anybody what was not made for a request like theirs.</summary>
public abstract class VariantSafetyContract(ServerFixture fixture)
{
    private const string Tag = "\"1\"", Modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static readonly (string, string?) Minute = ("Cache-Control", "max-age=60"), ByLanguage = ("Vary", "Accept-Language");

    [Fact]
    public async Task What_is_compressed_behind_the_cache_never_reaches_who_does_not_accept_it_by_the_tag_it_shares()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                // It leaves the ETag of what it compresses as it is.
                web.UseResponseCompression();
                web.MapGet("/a", (HttpContext context) =>
                {
                    context.Response.Headers.ETag = Tag;
                    context.Response.Headers.CacheControl = "public, max-age=60";
                    return context.Request.Headers.IfNoneMatch == Tag ? Results.StatusCode(304) : Results.Text(new string('x', 5000));
                });
            },
            new AppSetup { Services = static services => services.AddResponseCompression() });
        Assert.Equal("gzip", (await app.GetAsync("/a", ("Accept-Encoding", "gzip")))["Content-Encoding"]);

        var plain = await app.GetAsync("/a");
        Assert.Equal((null, 5000), (plain["Content-Encoding"], plain.Bytes.Length));
    }

    [Theory]
    [InlineData("/page", "/page", "a.example", "b.example")]
    [InlineData("/Page", "/page", "a.example", "a.example")]
    [InlineData("/page?a=1&b=2", "/page?b=2&a=1", "a.example", "a.example")]
    public async Task A_tag_of_another_host_or_spelling_says_nothing_about_this_one(string one, string other, string hostOfOne, string hostOfOther)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);

        // Tags are unique for a resource and not between resources, RFC 9110 8.8.3.
        origin.Confirms(
            static context => $"{context.Request.Host}{context.Request.Path}{context.Request.QueryString}", Minute, ("Vary", "Accept-Encoding"), ("ETag", Tag));
        await origin.App.GetAsync(one, ("Host", hostOfOne));
        Assert.Equal(hostOfOther + other, (await origin.App.GetAsync(other, ("Host", hostOfOther))).Body);
    }

    [Fact]
    public async Task A_named_variant_that_is_gone_is_not_replaced_by_the_selected_one()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "page in de", Minute, ByLanguage, ("ETag", "\"de\""));
        await InAsync(origin, "de");
        var german = Assert.Single(await origin.StoredAsync(fixture.Server));
        origin.Answers(200, "page in en", Minute, ByLanguage, ("ETag", "\"en\""));
        await InAsync(origin, "en");
        await fixture.Server.Raw.KeyDeleteAsync(german);

        // For English, too, it is the German page from now on.
        origin.Confirms("page in de", Minute, ByLanguage, ("ETag", "\"de\""));
        Assert.Equal("page in de", (await InAsync(origin, "en", Origin.NoCache)).Body);
        Assert.Equal("page in de", (await InAsync(origin, "en")).Body);
    }

    [Theory]
    [InlineData("Authorization", "Bearer alice")]
    [InlineData(SignIn.Field, "alice")]
    public async Task Whom_the_app_can_know_is_not_given_any_variant_that_was_made_for_a_stranger(string field, string value)
    {
        await using var origin = await Origin.StartAsync(fixture.Server, SignIn.InFront);
        origin.Confirms(context => $"for {context.Request.Headers[field]}", Minute, ByLanguage, ("ETag", Tag));
        await InAsync(origin, "en");

        Assert.Equal($"for {value}", (await InAsync(origin, "en", (field, value))).Body);
        Assert.Equal($"for {value}", (await InAsync(origin, "de", (field, value))).Body);
    }

    [Fact]
    public async Task A_response_that_Redis_has_dropped_costs_one_run_of_the_app_and_not_two()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms("page", Minute, ByLanguage, ("ETag", Tag));
        await InAsync(origin, "de");
        await fixture.Server.Raw.KeyDeleteAsync(Assert.Single(await origin.StoredAsync(fixture.Server)));

        Assert.Equal(("page", 2), ((await InAsync(origin, "de")).Body, origin.Calls));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"unknown\"")]
    public async Task A_304_to_the_tag_of_another_variant_does_not_confirm_a_page_that_has_only_a_date(string? named)
    {
        await using var origin = await WithTaggedGermanAndDatedEnglishAsync();

        // RFC 9110 13.1.3: where there is If-None-Match, the app does not look at If-Modified-Since.
        origin.Answer = context => context.Request.Headers.IfNoneMatch.ToString().Contains("\"de\"", StringComparison.Ordinal)
            ? Origin.SayAsync(context, 304, "", ("ETag", named))
            : Origin.SayAsync(context, 200, "new page", Minute, ByLanguage);
        Assert.Equal("new page", (await InAsync(origin, "en", Origin.NoCache)).Body);
    }

    [Fact]
    public async Task A_page_that_has_only_a_date_can_be_validated_although_another_variant_has_a_tag()
    {
        await using var origin = await WithTaggedGermanAndDatedEnglishAsync();
        origin.Answer = static context => context.Request.Headers.IfNoneMatch.Count == 0 && context.Request.Headers.IfModifiedSince == Modified
            ? Origin.SayAsync(context, 304)
            : Origin.SayAsync(context, 200, "new page", Minute, ByLanguage);
        var validated = await InAsync(origin, "en", Origin.NoCache);
        Assert.Equal(("page in en", "RedisExpiryCache; fwd=request; fwd-status=304; stored; ttl=60"), (validated.Body, validated.CacheStatus));
    }

    private async Task<Origin> WithTaggedGermanAndDatedEnglishAsync()
    {
        var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "page in de", Minute, ByLanguage, ("ETag", "\"de\""));
        await InAsync(origin, "de");
        origin.Answers(200, "page in en", Minute, ByLanguage, ("Last-Modified", Modified));
        await InAsync(origin, "en");
        return origin;
    }

    private static Task<Answer> InAsync(Origin origin, string language, params (string Name, string Value)[] fields) =>
        origin.GetAsync([("Accept-Language", language), .. fields]);
}
