using Microsoft.AspNetCore.Builder;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>An endpoint that asks for caching and does not say for how long, nor does its response.</summary>
public sealed class DefaultDurationTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("/asks", true, "public, max-age=90")]
    [InlineData("/attribute", true, "public, max-age=90")]
    [InlineData("/says", true, "max-age=60")]
    [InlineData("/policy", true, "public, max-age=30")]
    [InlineData("/silent", false, null)]
    [InlineData("/error", false, null)]
    public async Task It_is_for_endpoints_that_ask_for_caching_and_leave_it_open(string path, bool isStored, string? cacheControl)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.MapPage("/asks", cacheControl: null).CacheResponse();
                web.MapPage("/attribute", new RedisResponseCacheAttribute { Tags = ["things"] });
                web.MapPage("/says", "max-age=60").CacheResponse();
                web.MapPage("/policy", new RedisResponseCacheAttribute { Duration = 30 });
                web.MapPage("/silent", cacheControl: null);
                web.MapPage("/error", cacheControl: null, static context => context.Response.StatusCode = 404).CacheResponse();
            },
            new AppSetup { Options = static options => options.ResponseCaching.DefaultDuration = TimeSpan.FromSeconds(90) });

        var first = await app.GetAsync(path);
        var second = await app.GetAsync(path);

        Assert.Equal((isStored, isStored, cacheControl), (first.WasStored, second.IsHit, second["Cache-Control"]));
    }
}
