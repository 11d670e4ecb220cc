using Microsoft.AspNetCore.Builder;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What one client's validation or HEAD does to the page that everybody else gets.</summary>
public sealed class FresheningSafetyTests(RedisFixture fixture)
{
    private const string Tag = "\"1\"";
    private static readonly (string, string?) Minute = ("Cache-Control", "max-age=60");

    [Theory]
    [InlineData("GET", "Authorization", "Bearer alice")]
    [InlineData("GET", SignIn.Field, "alice")]
    [InlineData("HEAD", "Authorization", "Bearer alice")]
    [InlineData("HEAD", SignIn.Field, "alice")]
    public async Task A_page_of_a_policy_does_not_become_everybodys_by_validation(string method, string field, string value)
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, SignIn.InFront, static endpoint => endpoint.WithMetadata(new RedisResponseCacheAttribute { Duration = 60 }));
        origin.Confirms(context => $"for {context.Request.Headers[field]}", ("ETag", Tag));
        Assert.True((await origin.GetAsync()).WasStored);
        Assert.Equal($"for {value}", (await origin.GetAsync((field, value))).Body);

        await origin.App.SendAsync(new HttpMethod(method), Origin.Path, Origin.NoCache);
        Assert.Equal($"for {value}", (await origin.GetAsync((field, value))).Body);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_field_that_stood_there_before_is_not_stored_by_a_validation_either(string method)
    {
        var requests = 0;
        await using var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Outside = web => web.Use((context, next) =>
            {
                context.Response.Headers["X-Request-Id"] = $"{Interlocked.Increment(ref requests)}";
                return next(context);
            }),
        });
        origin.Answers(200, "one", Minute, ("ETag", Tag));
        await origin.GetAsync();
        origin.Later(61);
        origin.Answers(method == "GET" ? 304 : 200, "", Minute, ("ETag", Tag));
        Assert.Equal("2", (await origin.App.SendAsync(new HttpMethod(method), Origin.Path))["X-Request-Id"]);

        var hit = await origin.GetAsync();
        Assert.Equal((true, "3", 2), (hit.IsHit, hit["X-Request-Id"], origin.Calls));
    }

    [Fact]
    public async Task A_304_with_a_cookie_does_not_cost_the_stored_page()
    {
        await using var origin = await StoredAsync();
        origin.Later(61);
        origin.Answers(304, "", ("Set-Cookie", "session=alice"));
        Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60", (await origin.GetAsync()).CacheStatus);
        Assert.True((await origin.GetAsync()).IsHit);
    }

    [Fact]
    public async Task A_request_that_says_no_store_does_not_delete_what_is_stored_for_others()
    {
        await using var origin = await StoredAsync();
        origin.Answers(304, "");
        Assert.Equal("one", (await origin.GetAsync(("Cache-Control", "no-cache, no-store"))).Body);
        Assert.True((await origin.GetAsync()).IsHit);
    }

    [Theory]
    [InlineData("Authorization", "Bearer alice", "\"of alice\"")]
    [InlineData("Authorization", "Bearer alice", null)]
    [InlineData(SignIn.Field, "alice", "\"of alice\"")]
    [InlineData(SignIn.Field, "alice", null)]
    public async Task What_HEAD_says_to_somebody_who_is_signed_in_is_not_about_the_page_for_strangers(string field, string value, string? etag)
    {
        await using var origin = await StoredAsync(SignIn.InFront);
        origin.Answers(200, "", ("Cache-Control", "public, max-age=60"), ("ETag", etag), ("X-For", "alice"));
        Assert.Equal("RedisExpiryCache; fwd=bypass", (await origin.HeadAsync((field, value))).CacheStatus);

        var hit = await origin.GetAsync();
        Assert.Equal((true, "one", "strangers"), (hit.IsHit, hit.Body, hit["X-For"]));
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("private")]
    public async Task A_HEAD_that_says_the_page_is_not_to_be_stored_ends_it_as_a_304_does(string directive)
    {
        await using var origin = await StoredAsync();
        origin.Answers(200, "", ("ETag", Tag), ("Cache-Control", directive));
        await origin.HeadAsync(Origin.NoCache);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task A_HEAD_that_contradicts_nothing_makes_the_stored_response_fresh()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", Minute);
        await origin.GetAsync();
        origin.Later(50);
        origin.Answers(200, "two", Minute);
        await origin.HeadAsync(Origin.NoCache);
        origin.Later(50);
        Assert.Equal("one", (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task A_HEAD_of_what_may_be_served_while_it_is_validated_does_not_delete_it()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms("one", ("Cache-Control", "max-age=0, stale-while-revalidate=60"), ("ETag", Tag));
        Assert.True((await origin.GetAsync()).WasStored);
        await origin.HeadAsync();
        await origin.GetAsync();
        await Eventually.True(() => origin.LastAsked("If-None-Match") == Tag, TimeSpan.FromSeconds(30), "the app to be asked whether it still holds");
    }

    private async Task<Origin> StoredAsync(AppSetup? setup = null)
    {
        var origin = await Origin.StartAsync(fixture.Server, setup);
        origin.Answers(200, "one", Minute, ("ETag", Tag), ("X-For", "strangers"));
        Assert.True((await origin.GetAsync()).WasStored);
        return origin;
    }
}
