using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>RFC 9111 4.3.1 and 4.3.3: several variants of a URL are stored, and the app may say which of them is for this request too.</summary>
public sealed class VariantValidationTests(RedisFixture fixture)
{
    private const string VaryMiss = "RedisExpiryCache; fwd=vary-miss; stored";

    [Theory]
    [InlineData("\"de\"", "page in de")]
    [InlineData("\"en\"", "page in en")]
    public async Task A_304_to_all_known_tags_serves_the_named_variant_and_stores_it_for_the_new_value(string named, string body)
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Answers(304, "", ("ETag", named), ("X-Kind", "new"));
        var french = await AskAsync(origin, "fr");
        var again = await AskAsync(origin, "fr");

        Assert.Equal(["\"de\"", "\"en\""], TagsAsked(origin));
        Assert.Null(origin.LastAsked("If-Modified-Since"));
        Assert.Equal((200, body, "RedisExpiryCache; fwd=vary-miss; fwd-status=304; stored; ttl=60"), ((int)french.Status, french.Body, french.CacheStatus));
        Assert.Equal((3, true, body, "new"), (origin.Calls, again.IsHit, again.Body, again["X-Kind"]));
        Assert.Equal(("page in de", "page in en"), ((await AskAsync(origin, "de")).Body, (await AskAsync(origin, "en")).Body));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"unknown\"")]
    [InlineData("W/\"de\"")]
    public async Task A_304_that_names_none_of_them_has_the_app_asked_again_without_conditions(string? named)
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Answer = context => context.Request.Headers.IfNoneMatch.Count > 0
            ? Origin.SayAsync(context, 304, "", ("ETag", named), ("X-Of-The-304", "there"))
            : SayInAsync(context, "fr");
        var french = await AskAsync(origin, "fr");

        Assert.Equal((200, "page in fr", VaryMiss), ((int)french.Status, french.Body, french.CacheStatus));
        Assert.Equal((4, null, null), (origin.Calls, origin.LastAsked("If-None-Match"), french["X-Of-The-304"]));
        Assert.Equal(2, origin.Asked[^2]["If-None-Match"].ToString().Split(',').Length);
        var again = await AskAsync(origin, "fr");
        Assert.Equal((true, "page in fr", null), (again.IsHit, again.Body, again["X-Of-The-304"]));
    }

    [Fact]
    public async Task A_named_variant_that_is_no_longer_there_has_the_app_asked_again_without_conditions()
    {
        await using var origin = await WithGermanAndEnglishAsync();
        foreach (var key in await origin.StoredAsync(fixture.Server))
            await fixture.Server.Raw.KeyDeleteAsync(key);

        origin.Answer = context => context.Request.Headers.IfNoneMatch.Count > 0
            ? Origin.SayAsync(context, 304, "", ("ETag", "\"de\""))
            : SayInAsync(context, "fr");
        var french = await AskAsync(origin, "fr");
        Assert.Equal((200, "page in fr", VaryMiss, 4), ((int)french.Status, french.Body, french.CacheStatus, origin.Calls));
    }

    [Theory]
    [InlineData("If-None-Match", "\"mine\"")]
    [InlineData("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")]
    public async Task A_clients_own_condition_goes_to_the_app_as_it_is(string name, string value)
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Answers(304, "", ("ETag", "\"mine\""));
        var french = await AskAsync(origin, "fr", (name, value));

        Assert.Equal((304, "RedisExpiryCache; fwd=vary-miss; detail=conditional"), ((int)french.Status, french.CacheStatus));
        Assert.Equal(value, origin.LastAsked(name));
        Assert.Null(origin.LastAsked(name == "If-None-Match" ? "If-Modified-Since" : "If-None-Match"));
        Assert.Equal(2, (await origin.StoredAsync(fixture.Server)).Length);
    }

    [Fact]
    public async Task A_range_of_something_new_goes_to_the_app_as_it_is()
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Answer = context => SayInAsync(context, "fr");
        Assert.Equal("page in fr", (await AskAsync(origin, "fr", ("Range", "bytes=0-3"))).Body);
        Assert.Equal(("bytes=0-3", null), (origin.LastAsked("Range"), origin.LastAsked("If-None-Match")));
    }

    [Theory]
    [InlineData("\"de\"", "page in de")]
    [InlineData("\"en\"", "page in en")]
    public async Task A_stale_variant_is_asked_about_together_with_the_others(string named, string body)
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Later(61);
        origin.Answers(304, "", ("ETag", named));
        var german = await AskAsync(origin, "de");

        Assert.Equal(["\"de\"", "\"en\""], TagsAsked(origin));
        Assert.Equal((200, body, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60"), ((int)german.Status, german.Body, german.CacheStatus));
        Assert.Equal((true, body, named), ((await AskAsync(origin, "de")).IsHit, (await AskAsync(origin, "de")).Body, (await AskAsync(origin, "de"))["ETag"]));
    }

    [Fact]
    public async Task A_stale_variant_among_several_is_not_confirmed_by_a_304_without_a_tag()
    {
        await using var origin = await WithGermanAndEnglishAsync();
        origin.Later(61);
        origin.Answer = context => context.Request.Headers.IfNoneMatch.Count > 0
            ? Origin.SayAsync(context, 304)
            : Origin.SayAsync(context, 200, "new page", ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language"));
        var german = await AskAsync(origin, "de");
        Assert.Equal(("new page", "RedisExpiryCache; fwd=stale; stored", 4), (german.Body, german.CacheStatus, origin.Calls));
    }

    [Fact]
    public async Task Of_many_variants_the_latest_eight_are_asked_about()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        string[] languages = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj"];
        foreach (var language in languages)
            await StoreAsync(origin, language);

        await StoreAsync(origin, "zz");
        Assert.Equal(languages[2..].Select(static language => $"\"{language}\""), TagsAsked(origin));
    }

    [Fact]
    public async Task Another_node_asks_about_what_it_has_never_seen()
    {
        await using var one = await WithGermanAndEnglishAsync();
        await using var other = await Origin.StartAsync(fixture.Server, new AppSetup { Prefix = one.App.Prefix });
        other.Answers(304, "", ("ETag", "\"en\""));
        var french = await AskAsync(other, "fr");

        Assert.Equal(["\"de\"", "\"en\""], TagsAsked(other));
        Assert.Equal("page in en", french.Body);
    }

    [Fact]
    public async Task Tags_of_our_own_making_are_not_among_those_that_the_app_is_asked_about()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "page", ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language"));
        await AskAsync(origin, "de");
        await StoreAsync(origin, "en");
        await StoreAsync(origin, "fr");
        Assert.Equal(["\"en\""], TagsAsked(origin));
    }

    private async Task<Origin> WithGermanAndEnglishAsync()
    {
        var origin = await Origin.StartAsync(fixture.Server);
        await StoreAsync(origin, "de");
        await StoreAsync(origin, "en");
        return origin;
    }

    private static async Task StoreAsync(Origin origin, string language)
    {
        origin.Answer = context => SayInAsync(context, language);
        Assert.True((await AskAsync(origin, language)).WasStored);
    }

    private static Task SayInAsync(HttpContext context, string language) => Origin.SayAsync(
        context, 200, $"page in {language}", ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language"), ("ETag", $"\"{language}\""));

    private static Task<Answer> AskAsync(Origin origin, string language, params (string Name, string Value)[] fields) =>
        origin.GetAsync([("Accept-Language", language), .. fields]);

    private static string[] TagsAsked(Origin origin) =>
        [.. (origin.LastAsked("If-None-Match") ?? "").Split(", ").Order(StringComparer.Ordinal)];
}
