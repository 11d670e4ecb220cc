using System.Globalization;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class StoredByHeadersTests(RedisFixture fixture) : StoredByHeadersContract(fixture);

public sealed class InMemoryStoredByHeadersTests(InMemoryFixture fixture) : StoredByHeadersContract(fixture);

/// <summary>Without an attribute the response's own fields decide, RFC 9111 3 and 4.2.1.</summary>
public abstract class StoredByHeadersContract(ServerFixture fixture)
{
    [Theory]
    [InlineData("max-age=60")]
    [InlineData("public, max-age=60")]
    [InlineData("s-maxage=60")]
    [InlineData("s-maxage=60, max-age=0")]
    [InlineData("max-age=60, must-revalidate")]
    [InlineData("MAX-AGE=\"60\"")]
    public async Task Explicit_freshness_is_stored(string cacheControl)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", cacheControl));
        var first = await app.GetAsync("/a");
        var second = await app.GetAsync("/a");

        Assert.Equal(("page 1", "RedisExpiryCache; fwd=uri-miss; stored"), (first.Body, first.CacheStatus));
        Assert.Equal("page 1", second.Body);
        Assert.True(second.IsHit, second.CacheStatus);
        Assert.Equal(cacheControl, second["Cache-Control"]);
    }

    [Theory]
    [InlineData(null, "no-freshness")]
    [InlineData("public", "no-freshness")]
    [InlineData("max-age=0", "already-stale")]
    [InlineData("max-age=60, s-maxage=0", "already-stale")]
    [InlineData("max-age=soon", "already-stale")]
    [InlineData("no-store, max-age=60", "no-store")]
    [InlineData("private, max-age=60", "private")]
    [InlineData("private=\"\", max-age=60", "private")]
    [InlineData("no-cache, max-age=60", "no-cache")]
    public async Task What_the_fields_do_not_allow_is_not_stored(string? cacheControl, string reason)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", cacheControl));
        var first = await app.GetAsync("/a");
        var second = await app.GetAsync("/a");

        Assert.Equal($"RedisExpiryCache; fwd=bypass; detail={reason}", first.CacheStatus);
        Assert.Equal("page 2", second.Body);
    }

    [Theory]
    [InlineData("s-maxage=100, max-age=50", 50, 100)]
    [InlineData("max-age=100", 5, 100)]
    [InlineData(null, 100, 100)]
    public async Task S_maxage_goes_before_max_age_before_Expires(string? cacheControl, int expiresAfter, int lifetime)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", cacheControl, context =>
        {
            var now = TimeProvider.System.GetUtcNow();
            context.Response.Headers.Date = now.ToString("R", CultureInfo.InvariantCulture);
            context.Response.Headers.Expires = now.AddSeconds(expiresAfter).ToString("R", CultureInfo.InvariantCulture);
        }));
        var hit = await app.WarmAsync("/a");

        var timeLeft = int.Parse(hit.CacheStatus.Split("ttl=")[1], CultureInfo.InvariantCulture);
        Assert.InRange(timeLeft, lifetime - 30, lifetime);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT")]
    public async Task An_Expires_that_has_passed_is_not_stored(string expires)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", cacheControl: null, context => context.Response.Headers.Expires = expires));
        Assert.Equal("already-stale", (await app.GetAsync("/a")).Detail);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task An_Age_that_an_upstream_gave_is_counted()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/young", "max-age=60", context => context.Response.Headers.Age = "20");
            web.MapPage("/old", "max-age=60", context => context.Response.Headers.Age = "60");
        });

        Assert.InRange((await app.WarmAsync("/young")).Age, 20, 50);
        Assert.Equal("already-stale", (await app.GetAsync("/old")).Detail);
    }

    [Fact]
    public async Task A_stored_response_comes_back_whole_with_its_fields()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.Append("X-Several", new(["one", "two, three"]));
            context.Response.Headers["X-Umlaut"] = "plain";
            context.Response.Headers.ContentLanguage = "de";
            context.Response.Headers.LastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
        }));
        var first = await app.GetAsync("/a");
        var hit = await app.WarmAsync("/a");

        Assert.Equal(first.Body, hit.Body);
        string[] kept = ["Content-Type", "X-Several", "X-Umlaut", "Content-Language", "Last-Modified", "Date", "Cache-Control"];
        Assert.All(kept, name => Assert.Equal(first[name], hit[name]));
        Assert.Equal($"{first.Bytes.Length}", hit["Content-Length"]);
    }

    [Fact]
    public async Task Fields_of_one_connection_are_not_stored()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "this connection only";
            context.Response.Headers["Proxy-Authenticate"] = "Basic";
        }));
        var hit = await app.WarmAsync("/a");
        Assert.Null(hit["X-Hop"]);
        Assert.Null(hit["Proxy-Authenticate"]);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(203)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Any_final_status_with_explicit_freshness_is_stored(int status)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
        }));
        var hit = await app.WarmAsync("/a");
        Assert.Equal((status, "page 1", "/elsewhere"), ((int)hit.Status, hit.Body, hit["Location"]));
    }

    [Fact]
    public async Task Two_query_strings_are_two_pages_and_so_are_two_hosts_and_two_spellings()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/{**rest}"));
        string[] paths = ["/a", "/A", "/a/", "/a?", "/a?x=1", "/a?X=1", "/a?x=1&y=2", "/a?y=2&x=1", "/a?x=%31", "/a?x=1&x=1", "/a%2Fb", "/a/b", "/a%252Fb", "/%61/b"];
        var bodies = new List<string>();
        foreach (var path in paths)
        {
            bodies.Add((await app.GetAsync(path)).Body);
        }

        bodies.Add((await app.GetAsync("/a", ("Host", "other.example"))).Body);

        Assert.Equal(bodies.Count, bodies.Distinct().Count());
        for (var i = 0; i < paths.Length; i++)
        {
            Assert.Equal(bodies[i], (await app.GetAsync(paths[i])).Body);
        }
    }

    /// <summary>The neighbour's cache serves alice's page for this one.</summary>
    [Fact]
    public async Task A_control_character_in_a_query_does_not_make_it_another_one()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["user", "other"] }));
        var alice = await app.GetAsync("/a?user=alice&other=bob");
        string[] tries = ["/a?other=%1Ebob&user=alice", "/a?user=alice%1Eother=bob", "/a?user=alice%26other%3Dbob", "/a?user=alice%1E&other=bob", "/a?user=alice%00&other=bob"];
        foreach (var path in tries)
        {
            Assert.NotEqual(alice.Body, (await app.GetAsync(path)).Body);
        }
    }
}
