using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Query keys are compared in any case, whichever way a policy names them; values are not.</summary>
public sealed class QueryKeyCaseTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("named")]
    [InlineData("all")]
    [InlineData("except")]
    [InlineData("mvc")]
    public async Task A_query_key_in_another_case_is_the_same_key(string by)
    {
        await using var app = await StartAsync(by);
        await app.WarmAsync("/a?Page=1");
        Assert.True((await app.GetAsync("/a?page=1")).IsHit);
        Assert.True((await app.GetAsync("/a?PAGE=1")).IsHit);
        Assert.False((await app.GetAsync("/a?page=2")).IsHit);
    }

    [Theory]
    [InlineData("all", "/a?Page=x", "/a?page=X")]
    [InlineData("all", "/a?%C3%A9=1", "/a?e=1")]
    [InlineData("all", "/a?%E2%84%AA=1", "/a?k=1")]
    [InlineData("all", "/a?page=1&Page=2", "/a?page=2&Page=1")]
    public async Task What_the_application_can_tell_apart_is_told_apart(string by, string one, string other)
    {
        await using var app = await StartAsync(by);
        await app.WarmAsync(one);
        Assert.False((await app.GetAsync(other)).IsHit);
    }

    [Theory]
    [InlineData("named")]
    [InlineData("all")]
    [InlineData("except")]
    [InlineData("spelled")]
    public async Task An_eviction_of_a_URL_reaches_its_query_keys_in_any_case(string by)
    {
        await using var app = await StartAsync(by);
        await app.WarmAsync("/a?Page=1");
        await app.Control.EvictAsync("/a?page=1", TestContext.Current.CancellationToken);
        Assert.False((await app.GetAsync("/a?Page=1")).IsHit);
    }

    private Task<CachedApp> StartAsync(string by) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            if (by == "mvc")
                web.MapPage("/a").WithMetadata(new ResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["*"] });
            else
                web.MapPage("/a").CacheResponse(policy => _ = by switch
                {
                    "named" => policy.VaryByQuery("page"),
                    "all" => policy.VaryByQuery("*"),
                    "except" => policy.VaryByQueryExcept("utm_*"),
                    _ => policy,
                });
        },
        new AppSetup { Services = static services => services.AddControllers() });
}
