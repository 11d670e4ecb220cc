using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Responses that middleware in front has started before the request reaches the cache.</summary>
public sealed class BegunResponseTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task What_middleware_in_front_has_begun_to_answer_passes_through(string method)
    {
        await using var app = await StartAsync(static web => web.Use(static async (context, next) =>
        {
            if (context.Request.Headers.ContainsKey("X-Begun"))
            {
                await context.Response.WriteAsync(" ");
                await context.Response.Body.FlushAsync();
            }

            await next(context);
        }));
        var stored = await app.WarmAsync("/a");
        var begun = await app.SendAsync(new HttpMethod(method), "/a", ("X-Begun", "1"));

        Assert.Equal(" page 2", begun.Body);

        // RFC 9111 4.4, also where the response could not say anything of it.
        var after = await app.GetAsync("/a");
        Assert.Equal((method == "GET", method == "GET" ? stored.Body : "page 3"), (after.IsHit, after.Body));
    }

    [Fact]
    public async Task An_evicting_endpoint_evicts_where_middleware_in_front_has_begun_to_answer()
    {
        await using var app = await StartAsync(static web => web.Use(static async (context, next) =>
        {
            if (context.Request.Path == "/evict")
            {
                await context.Response.WriteAsync(" ");
                await context.Response.Body.FlushAsync();
            }

            await next(context);
        }));
        await app.WarmAsync("/a");
        Assert.Equal(" evicted", (await app.GetAsync("/evict")).Body);

        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> inFront) => CachedApp.StartAsync(
        fixture.Server,
        static web =>
        {
            web.MapMethods("/a", ["GET", "POST"], static context => context.Response.WriteAsync(context.NextPage())).WithMetadata(Minute);
            web.MapGet("/evict", static context => context.Response.WriteAsync("evicted"))
                .WithMetadata(new RedisResponseCacheEvictAttribute { Paths = ["/a"] });
        },
        new AppSetup { Outside = inFront });
}
