using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>What ASP.NET Core builds on IDistributedCache runs on this one unchanged.</summary>
public sealed class AspNetCoreTests(RedisFixture fixture)
{
    private readonly string _instance = fixture.Server.NewPrefix();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hybrid_cache_shares_what_it_made_with_other_nodes_until_it_ends()
    {
        await using var one = Node();
        await using var other = Node();
        var (key, made) = (Some.Key(), 0);
        Assert.Equal("value 1", await GetAsync(one));
        Assert.Equal("value 1", await GetAsync(one));

        // The hybrid cache answers first and stores then.
        await Eventually.True(() => fixture.Server.Raw.KeyExistsAsync(_instance + key), Caches.Patience, "the value to be in Redis");
        Assert.Equal("value 1", await GetAsync(other));
        var left = await fixture.Server.TimeToLiveAsync(_instance + key);
        Assert.InRange(left!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));

        await other.GetRequiredService<HybridCache>().RemoveAsync(key, Token);
        await using var third = Node();
        Assert.Equal("value 2", await GetAsync(third));

        async Task<string> GetAsync(ServiceProvider node) => await node.GetRequiredService<HybridCache>().GetOrCreateAsync(
            key,
            _ => ValueTask.FromResult($"value {++made}"),
            new HybridCacheEntryOptions { Expiration = TimeSpan.FromMinutes(10) },
            ["tag"],
            Token);
    }

    [Fact]
    public async Task A_session_lives_in_redis_and_slides()
    {
        await using var app = await SessionAppAsync();
        using var client = app.GetTestClient();
        var first = await client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal("1", await first.Content.ReadAsStringAsync(Token));
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie")).Split(';')[0];
        Assert.Equal("2", await VisitAsync(client, cookie));

        var key = Assert.Single(await KeysAsync());
        await fixture.Server.Raw.KeyExpireAsync(key, TimeSpan.FromSeconds(30));
        Assert.Equal("3", await VisitAsync(client, cookie));
        await Eventually.True(
            async () => await fixture.Server.TimeToLiveAsync(key) > TimeSpan.FromMinutes(19), Caches.Patience, "the session to slide");

        // Another visitor has another session, and a session that is gone begins anew.
        Assert.Equal("1", await client.GetStringAsync(new Uri("/", UriKind.Relative), Token));
        await fixture.Server.Raw.KeyDeleteAsync(key);
        Assert.Equal("1", await VisitAsync(client, cookie));
    }

    [Fact]
    public async Task The_extension_methods_for_text_work()
    {
        await using var node = Node();
        var cache = node.GetRequiredService<IDistributedCache>();
        var key = Some.Key();
        await cache.SetStringAsync(key, "größe", Token);
        Assert.Equal("größe", await cache.GetStringAsync(key, Token));
        Assert.Null(await fixture.Server.TimeToLiveAsync(_instance + key));
    }

    private ServiceProvider Node()
    {
        var services = new ServiceCollection();
        AddCache(services);
        services.AddHybridCache();
        return services.BuildServiceProvider();
    }

    private async Task<WebApplication> SessionAppAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        AddCache(builder.Services);
        builder.Services.AddSession(options => options.IdleTimeout = TimeSpan.FromMinutes(20));
        var app = builder.Build();
        app.UseSession();
        app.MapGet("/", (HttpContext context) =>
        {
            var visits = (context.Session.GetInt32("visits") ?? 0) + 1;
            context.Session.SetInt32("visits", visits);
            return $"{visits}";
        });
        await app.StartAsync(Token);
        return app;
    }

    private void AddCache(IServiceCollection services) => services.AddRedisExpiringCache(options =>
        (options.Configuration, options.InstanceName, options.OperationTimeout) = (fixture.Server.ConnectionString, _instance, Caches.Patience));

    private static async Task<string> VisitAsync(HttpClient client, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Cookie", cookie } } };
        using var response = await client.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private async Task<List<string>> KeysAsync()
    {
        var keys = new List<string>();
        await foreach (var key in fixture.Server.Admin.GetServer("127.0.0.1", fixture.Server.Port).KeysAsync(pattern: $"{_instance}*"))
        {
            keys.Add(key!);
        }

        return keys;
    }
}
