using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class RequestDirectiveTests(RedisFixture fixture) : RequestDirectiveContract(fixture);

public sealed class InMemoryRequestDirectiveTests(InMemoryFixture fixture) : RequestDirectiveContract(fixture);

/// <summary>RFC 9111 5.2.1: what a client may ask of a cache, and how to switch that off.</summary>
public abstract class RequestDirectiveContract(ServerFixture fixture)
{
    [Theory]
    [InlineData("no-cache")]
    [InlineData("max-age=0")]
    [InlineData("max-age=9")]
    [InlineData("min-fresh=51")]
    public async Task A_client_can_ask_for_something_fresher(string asked)
    {
        await using var app = await AgedAsync(honor: true);
        var answer = await app.GetAsync("/a", ("Cache-Control", asked));
        Assert.Equal(("page 2", "RedisExpiryCache; fwd=request; stored"), (answer.Body, answer.CacheStatus));
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("max-age=10")]
    [InlineData("min-fresh=50")]
    [InlineData("only-if-cached")]
    [InlineData("no-store")]
    public async Task What_the_stored_response_satisfies_is_answered_by_it(string asked)
    {
        await using var app = await AgedAsync(honor: true);
        Assert.Equal("page 1", (await app.GetAsync("/a", ("Cache-Control", asked))).Body);
    }

    [Fact]
    public async Task Pragma_speaks_for_old_clients_only()
    {
        await using var app = await AgedAsync(honor: true);
        Assert.Equal("page 1", (await app.GetAsync("/a", ("Pragma", "no-cache"), ("Cache-Control", "max-age=100"))).Body);
        Assert.Equal("page 2", (await app.GetAsync("/a", ("Pragma", "no-cache"))).Body);
    }

    [Fact]
    public async Task Only_if_cached_is_a_504_when_there_is_nothing()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a"));
        var answer = await app.GetAsync("/a", ("Cache-Control", "only-if-cached"));
        Assert.Equal((504, "RedisExpiryCache; fwd=uri-miss"), ((int)answer.Status, answer.CacheStatus));
        Assert.Equal(0, app.Services.GetRequiredService<PageCounter>().Made);
    }

    [Theory]
    [InlineData("max-stale", null, "page 1")]
    [InlineData("max-stale=100", null, "page 1")]
    [InlineData("max-stale=10", null, "page 2")]
    [InlineData("max-stale", "must-revalidate", "page 2")]
    [InlineData("max-stale", "s-maxage=60", "page 2")]
    public async Task Stale_is_served_to_who_asks_for_it_unless_the_response_forbids_it(string asked, string? also, string body)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", $"max-age=60{(also is null ? "" : ", ")}{also}"), new AppSetup { Time = time });
        await app.WarmAsync("/a");
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(body, (await app.GetAsync("/a", ("Cache-Control", asked))).Body);
    }

    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Cache-Control", "min-fresh=1000")]
    [InlineData("Pragma", "no-cache")]
    public async Task Switched_off_a_client_cannot_make_the_app_work(string name, string value)
    {
        await using var app = await AgedAsync(honor: false);
        Assert.Equal("page 1", (await app.GetAsync("/a", (name, value))).Body);
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("only-if-cached")]
    public async Task Switched_off_the_first_request_is_stored_whatever_it_says(string asked)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a"), new AppSetup { Options = options => options.ResponseCaching.HonorRequestDirectives = false });
        Assert.True((await app.GetAsync("/a", ("Cache-Control", asked))).WasStored);
        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("Cache-Control: max-age=0", 200)]
    [InlineData("Cache-Control: no-cache|Pragma: no-cache", 200)]
    [InlineData("Cache-Control: max-age=0|If-None-Match: *", 304)]
    [InlineData("Cache-Control: max-age=0, only-if-cached, min-fresh=999", 200)]
    public async Task Reload_of_a_browser_is_a_hit_by_default(string fields, int status)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, static web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60 }), new AppSetup { IsOnDefaults = true });
        await app.WarmAsync("/a");
        var reload = await app.GetAsync("/a", [.. fields.Split('|').Select(static line => line.Split(": ")).Select(static parts => (parts[0], parts[1]))]);
        Assert.Equal((status, true), ((int)reload.Status, reload.IsHit));
        Assert.Equal(1, app.Services.GetRequiredService<PageCounter>().Made);
    }

    [Fact]
    public async Task Only_if_cached_gets_a_page_of_the_origin_by_default()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, static web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60 }), new AppSetup { IsOnDefaults = true });
        var answer = await app.GetAsync("/a", ("Cache-Control", "only-if-cached"));
        Assert.Equal((200, true), ((int)answer.Status, answer.WasStored));
    }

    /// <summary>A stored page that is ten seconds old and has fifty to go.</summary>
    private async Task<CachedApp> AgedAsync(bool honor)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapPage("/a"),
            new AppSetup { Time = time, Options = options => options.ResponseCaching.HonorRequestDirectives = honor });
        await app.WarmAsync("/a");
        time.Advance(TimeSpan.FromSeconds(10));
        return app;
    }
}
