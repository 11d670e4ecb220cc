using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>What the response cache promises, in short, on two nodes of one service.</summary>
internal static class ResponseStory
{
    /// <summary>An app for the story, once it has its connection.</summary>
    public static async Task<CachedApp> StartAsync(RedisServer server, AppSetup setup)
    {
        var app = await CachedApp.StartAsync(server, Map, setup);
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        return app;
    }

    public static async Task TellAsync(RedisServer server, AppSetup setup)
    {
        await using var one = await StartAsync(server, setup);
        await using var other = await StartAsync(server, setup with { Prefix = one.Prefix });
        await TellAsync(one, other);
    }

    public static async Task TellAsync(CachedApp one, CachedApp other)
    {
        var id = Some.Word();
        var (page, spoken) = ($"/page/{id}", $"/spoken/{id}");
        var first = await one.GetAsync(page);
        Assert.True(first.WasStored, first.CacheStatus);
        await AssertHitAsync(one, page, first.Body);
        await AssertHitAsync(other, page, first.Body);

        var english = await one.GetAsync(spoken, ("Accept-Language", "en"));
        var german = await other.GetAsync(spoken, ("Accept-Language", "de"));
        Assert.Equal((false, false), (english.IsHit, german.IsHit));
        Assert.Equal(english.Body, (await other.GetAsync(spoken, ("Accept-Language", "en"))).Body);
        Assert.Equal(german.Body, (await one.GetAsync(spoken, ("Accept-Language", "de"))).Body);

        await other.Control.EvictByTagAsync($"page:{id}", Token);
        var second = await AssertMissAsync(one, page, first.Body);
        await AssertHitAsync(one, spoken, english.Body, ("Accept-Language", "en"));

        await one.Control.EvictAsync(spoken, Token);
        await AssertMissAsync(other, spoken, english.Body, ("Accept-Language", "en"));
        await AssertMissAsync(one, spoken, german.Body, ("Accept-Language", "de"));
        await AssertHitAsync(other, page, second);

        Assert.Equal(200, (int)(await one.SendAsync(HttpMethod.Post, page)).Status);
        var third = await AssertMissAsync(other, page, second);
        await other.Control.EvictAllAsync(Token);
        await AssertMissAsync(one, page, third);

        // Guards lie on other masters of a cluster than what they guard.
        for (var i = 0; i < 12; i++)
            await TellOfFirstResponseAsync(one, other, $"/first/{id}{i}", i % 2 == 0 ? "url" : "tag");
    }

    /// <summary>It is evicted while it is being made.</summary>
    private static async Task TellOfFirstResponseAsync(CachedApp one, CachedApp other, string path, string by)
    {
        var first = await one.GetAsync(path, (EvictedBy, by));
        Assert.Equal(200, (int)first.Status);
        var second = await AssertMissAsync(other, path, first.Body);
        await AssertHitAsync(one, path, second);
    }

    private const string EvictedBy = "X-Evicted-By";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void Map(WebApplication web)
    {
        web.MapGet("/page/{id}", [RedisResponseCache(Duration = 60, Tags = ["page:{id}"])] () => Some.Text());
        web.MapPost("/page/{id}", () => Results.Ok());
        web.MapGet("/first/{id}", [RedisResponseCache(Duration = 60, Tags = ["first:{id}"])] async (HttpContext context, string id) =>
        {
            var control = context.RequestServices.GetRequiredService<IResponseCacheInvalidator>();
            if (context.Request.Headers[EvictedBy] == "url")
                await control.EvictAsync($"/first/{id}");
            else if (context.Request.Headers[EvictedBy] == "tag")
                await control.EvictByTagAsync($"first:{id}");

            return Some.Text();
        });
        web.MapGet("/spoken/{id}", [RedisResponseCache(SlidingDuration = 60, VaryByHeaderNames = ["Accept-Language"])] () => Some.Text());
    }

    private static async Task AssertHitAsync(CachedApp app, string path, string body, params (string Name, string Value)[] fields)
    {
        var answer = await app.GetAsync(path, fields);
        Assert.True(answer.IsHit, answer.CacheStatus);
        Assert.Equal(body, answer.Body);
    }

    private static async Task<string> AssertMissAsync(CachedApp app, string path, string notThis, params (string Name, string Value)[] fields)
    {
        var answer = await app.GetAsync(path, fields);
        Assert.False(answer.IsHit, answer.CacheStatus);
        Assert.NotEqual(notThis, answer.Body);
        return answer.Body;
    }
}
