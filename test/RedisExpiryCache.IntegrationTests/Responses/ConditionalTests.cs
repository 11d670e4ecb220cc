using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class ConditionalTests(RedisFixture fixture) : ConditionalContract(fixture);

public sealed class InMemoryConditionalTests(InMemoryFixture fixture) : ConditionalContract(fixture);

/// <summary>RFC 9110 13 and RFC 9111 4.3.2: a client that has it already; and HEAD, which wants the fields only.</summary>
public abstract class ConditionalContract(ServerFixture fixture)
{
    private const string Long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Fact]
    public async Task A_response_without_a_validator_gets_a_strong_one_from_its_bytes()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a");
            web.MapGet("/same/{id}", [RedisResponseCache(Duration = 60)] () => "the same");
        });

        var tag = (await app.WarmAsync("/a"))["ETag"];
        Assert.Matches("^\"[A-Za-z0-9_-]{22}\"$", tag);
        Assert.Equal(tag, (await app.GetAsync("/a"))["ETag"]);
        Assert.NotEqual(tag, (await app.WarmAsync("/a?other"))["ETag"]);
        Assert.Equal((await app.WarmAsync("/same/1"))["ETag"], (await app.WarmAsync("/same/2"))["ETag"]);
    }

    [Fact]
    public async Task The_responses_own_validator_stays()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", also: context => context.Response.Headers.ETag = "W/\"1\""));
        Assert.Equal("W/\"1\"", (await app.WarmAsync("/a"))["ETag"]);
    }

    [Theory]
    [InlineData("\"1\"", 304)]
    [InlineData("W/\"1\"", 304)]
    [InlineData("\"0\", \"1\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"2\"", 200)]
    [InlineData("1", 200)]
    public async Task If_None_Match_gives_304_where_it_matches(string asked, int status)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", also: context => context.Response.Headers.ETag = "\"1\""));
        await app.WarmAsync("/a");
        var answer = await app.GetAsync("/a", ("If-None-Match", asked));

        Assert.Equal((status, true), ((int)answer.Status, answer.IsHit));
        Assert.Equal(status == 304 ? "" : "page 1", answer.Body);
    }

    [Fact]
    public async Task A_validator_of_our_own_making_gives_304_too()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"));
        var tag = (await app.WarmAsync("/a"))["ETag"]!;
        Assert.Equal(304, (int)(await app.GetAsync("/a", ("If-None-Match", tag))).Status);
        Assert.Equal(304, (int)(await app.SendAsync(HttpMethod.Head, "/a", ("If-None-Match", tag))).Status);
    }

    [Theory]
    [InlineData(Long_ago, 304)]
    [InlineData("Mon, 07 Nov 1994 08:49:37 GMT", 304)]
    [InlineData("Sat, 05 Nov 1994 08:49:37 GMT", 200)]
    [InlineData("yesterday", 200)]
    public async Task If_Modified_Since_gives_304_when_it_was_not(string asked, int status)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", also: context => context.Response.Headers.LastModified = Long_ago));
        await app.WarmAsync("/a");
        Assert.Equal(status, (int)(await app.GetAsync("/a", ("If-Modified-Since", asked))).Status);
    }

    [Fact]
    public async Task If_None_Match_goes_before_If_Modified_Since()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", also: context => context.Response.Headers.LastModified = Long_ago));
        await app.WarmAsync("/a");
        Assert.Equal(200, (int)(await app.GetAsync("/a", ("If-Modified-Since", Long_ago), ("If-None-Match", "\"other\""))).Status);
    }

    [Fact]
    public async Task A_304_has_the_fields_that_guide_a_cache_and_none_that_describe_content()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.ETag = "\"1\"";
            context.Response.Headers.Vary = "Accept";
            context.Response.Headers.ContentLocation = "/a.txt";
            context.Response.Headers.Expires = "Sun, 06 Nov 2094 08:49:37 GMT";
        }));
        var full = await app.WarmAsync("/a");
        var answer = await app.GetAsync("/a", ("If-None-Match", "\"1\""));

        Assert.Equal(304, (int)answer.Status);
        string[] guiding = ["Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary"];
        Assert.All(guiding, name => Assert.Equal(full[name] ?? "missing", answer[name]));
        Assert.NotNull(answer["Age"]);
        Assert.Null(answer["Content-Type"]);
        Assert.Null(answer["Content-Length"]);
    }

    [Fact]
    public async Task Only_a_stored_200_becomes_a_304()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", also: context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.Headers.ETag = "\"1\"";
        }));
        await app.WarmAsync("/a");
        Assert.Equal(404, (int)(await app.GetAsync("/a", ("If-None-Match", "\"1\""))).Status);
    }

    [Fact]
    public async Task HEAD_is_answered_from_a_stored_GET()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"));
        var full = await app.WarmAsync("/a");
        var head = await app.SendAsync(HttpMethod.Head, "/a");

        Assert.True(head.IsHit, head.CacheStatus);
        Assert.Empty(head.Bytes);
        Assert.Equal((full["Content-Length"], full["ETag"], full["Content-Type"]), (head["Content-Length"], head["ETag"], head["Content-Type"]));
        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_HEAD_that_finds_nothing_asks_the_app_and_stores_nothing()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60 }));
        var head = await app.SendAsync(HttpMethod.Head, "/a");

        Assert.Equal("RedisExpiryCache; fwd=uri-miss", head.CacheStatus);
        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }
}
