using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Fields of middleware in front that a page removes.</summary>
public sealed class RemovedFieldTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Theory]
    [InlineData("removed", "X-Frame-Options")]
    [InlineData("removed", "Content-Security-Policy")]
    [InlineData("cleared", "X-Frame-Options")]
    public async Task A_field_of_middleware_in_front_that_the_page_removes_is_not_in_hits_either(string how, string name)
    {
        await using var app = await StartAsync(
            web => web.Use((context, next) =>
            {
                context.Response.Headers[name] = "DENY";
                context.Response.Headers["X-Kept"] = "1";
                return next(context);
            }),
            context =>
            {
                if (how == "removed")
                    context.Response.Headers.Remove(name);
                else
                    context.Response.Clear();
            });
        foreach (var path in new[] { "/a", "/empty/200" })
        {
            var first = await app.GetAsync(path);
            var hit = await app.GetAsync(path);
            var notModified = await app.GetAsync(path, ("If-None-Match", hit["ETag"]!));

            Assert.True(hit.IsHit, hit.CacheStatus);
            Assert.Equal((null, null), (first[name], hit[name]));
            Assert.Equal((304, null), ((int)notModified.Status, notModified[name]));
            Assert.Equal(how == "removed" ? "1" : null, first["X-Kept"]);
            Assert.Equal(first["X-Kept"], hit["X-Kept"]);
            Assert.Null(hit["!removed"]);
        }
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> inFront, Action<HttpContext> page) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/a", context =>
            {
                page(context);
                return context.Response.WriteAsync(context.NextPage());
            }).WithMetadata(Minute);
            web.MapGet("/empty/{status:int}", (HttpContext context, int status) =>
            {
                page(context);
                context.Response.StatusCode = status;
            }).WithMetadata(Minute);
        },
        new AppSetup { Outside = inFront });
}
