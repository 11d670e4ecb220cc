using Microsoft.AspNetCore.Builder;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class DefaultDurationTests(RedisFixture fixture) : DefaultDurationContract(fixture);

public sealed class InMemoryDefaultDurationTests(InMemoryFixture fixture) : DefaultDurationContract(fixture);

/// <summary>An endpoint that asks for caching and does not say for how long, nor does its response.</summary>
public abstract class DefaultDurationContract(ServerFixture fixture)
{
    [Theory]
    [InlineData("/asks", true, 90)]
    [InlineData("/attribute", true, 90)]
    [InlineData("/says", true, 60)]
    [InlineData("/policy", true, 30)]
    [InlineData("/silent", false, 0)]
    [InlineData("/error", false, 0)]
    public async Task It_is_for_endpoints_that_ask_for_caching_and_leave_it_open(string path, bool isStored, int seconds)
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

        Assert.Equal((isStored, isStored), (first.WasStored, second.IsHit));
        Assert.InRange(second.TimeLeft, seconds * 2 / 3, seconds);
    }
}
