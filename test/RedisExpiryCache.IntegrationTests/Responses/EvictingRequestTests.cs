using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class EvictingRequestTests(RedisFixture fixture) : EvictingRequestContract(fixture);

public sealed class InMemoryEvictingRequestTests(InMemoryFixture fixture) : EvictingRequestContract(fixture);

/// <summary>Requests that evict: by the attribute of their endpoint, or by their method (RFC 9111 4.4). After success only.</summary>
public abstract class EvictingRequestContract(ServerFixture fixture)
{
    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(303, true)]
    [InlineData(400, false)]
    [InlineData(409, false)]
    [InlineData(500, false)]
    public async Task The_attribute_evicts_tags_and_paths_after_success_only(int status, bool evicts)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/products/{id}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["product:{id}"] });
            web.MapPage("/list/{id}");
            web.MapPost("/change/{id}", () => Results.StatusCode(status))
                .WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["product:{id}"] })
                .WithMetadata(new RedisResponseCacheEvictAttribute { Paths = ["/list/{id}?page=1"] });
        });
        string[] hit = ["/products/1", "/list/1?page=1"], spared = ["/products/2", "/list/2?page=1", "/list/1"];
        foreach (var path in hit.Concat(spared))
        {
            await app.WarmAsync(path);
        }

        Assert.Equal(status, (int)(await app.SendAsync(HttpMethod.Post, "/change/1")).Status);

        foreach (var path in hit)
        {
            Assert.Equal(!evicts, (await app.GetAsync(path)).IsHit);
        }

        foreach (var path in spared)
        {
            Assert.True((await app.GetAsync(path)).IsHit, path);
        }
    }

    [Fact]
    public async Task An_exception_is_no_success()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] });
            web.MapPost("/fail", IResult () => throw new InvalidOperationException("on purpose"))
                .WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["things"] });
        });
        await app.WarmAsync("/a");
        Assert.Equal(500, (int)(await app.SendAsync(HttpMethod.Post, "/fail")).Status);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task On_an_action_of_a_controller_it_evicts_by_the_route_value()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapControllers(),
            new AppSetup { Services = services => services.AddControllers().AddApplicationPart(typeof(PlainController).Assembly) });
        await app.WarmAsync("/plain/1");
        await app.WarmAsync("/plain/2");

        await app.SendAsync(HttpMethod.Post, "/plain/1?fail=true");
        Assert.True((await app.GetAsync("/plain/1")).IsHit);
        await app.SendAsync(HttpMethod.Post, "/plain/1?fail=false");
        Assert.False((await app.GetAsync("/plain/1")).IsHit);
        Assert.True((await app.GetAsync("/plain/2")).IsHit);
    }

    [Fact]
    public async Task Who_was_told_of_the_success_already_sees_the_change()
    {
        using var hold = new SemaphoreSlim(0);
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] });
            web.MapPost("/change", async (HttpContext context) =>
            {
                await context.Response.WriteAsync("changed, and");
                await context.Response.Body.FlushAsync();
                await hold.WaitAsync();
            }).WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["things"] });
        });
        await app.WarmAsync("/a");
        using var request = app.Request(HttpMethod.Post, "/change");
        using var response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);

        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);

        // What the app changes after it began to answer counts as well.
        hold.Release();
        await response.Content.ReadAsStringAsync(Token);
        Assert.Equal("page 3", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_GET_that_evicts_is_not_stored_itself()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a");
            web.MapPage("/refresh").WithMetadata(new RedisResponseCacheEvictAttribute { Paths = ["/a"] });
        });
        await app.WarmAsync("/a");
        await app.GetAsync("/refresh");
        Assert.False((await app.GetAsync("/refresh")).IsHit);
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    [Theory]
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 204, true)]
    [InlineData("DELETE", 303, true)]
    [InlineData("PATCH", 200, true)]
    [InlineData("FROB", 200, true)]
    [InlineData("POST", 404, false)]
    [InlineData("DELETE", 500, false)]
    [InlineData("OPTIONS", 200, false)]
    public async Task An_unsafe_method_that_succeeded_invalidates_its_URL(string method, int status, bool evicts)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/a");
            web.MapMethods("/a", [method], () => Results.StatusCode(status));
        });
        await app.WarmAsync("/a?x=1");
        await app.WarmAsync("/a");
        var answer = await app.SendAsync(new HttpMethod(method), "/a?x=1");

        Assert.Equal("RedisExpiryCache; fwd=method", answer.CacheStatus);
        Assert.Equal(!evicts, (await app.GetAsync("/a?x=1")).IsHit);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Theory]
    [InlineData("Location", "/orders/1", true)]
    [InlineData("Content-Location", "/orders/1", true)]
    [InlineData("Location", "1", true)]
    [InlineData("Location", "http://app.example/orders/1", true)]
    [InlineData("Location", "http://elsewhere.example/orders/1", false)]
    [InlineData("Location", "http://app.example:81/orders/1", false)]
    [InlineData("Location", "https://app.example/orders/1", false)]
    [InlineData("Location", "http://[", false)]
    public async Task It_invalidates_Location_and_Content_Location_of_its_own_origin_too(string field, string value, bool evicts)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapPage("/orders/{id}");
            web.MapPost("/orders/", (HttpContext context) => { context.Response.Headers[field] = value; });
        });
        await app.WarmAsync("/orders/1");
        Assert.Equal(200, (int)(await app.SendAsync(HttpMethod.Post, "/orders/")).Status);
        Assert.Equal(!evicts, (await app.GetAsync("/orders/1")).IsHit);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
