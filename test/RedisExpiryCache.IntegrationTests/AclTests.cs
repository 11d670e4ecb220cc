using System.Buffers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>A Redis user who may do what docs/data-cache.md says, and nothing else, is enough.</summary>
public sealed partial class AclTests
{
    [Fact]
    public async Task The_commands_that_the_documentation_lists_are_enough()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await RedisServer.StartAsync();
        string[] rule = ["SETUSER", "app", "on", ">secret", "~shop:*", "resetchannels", .. DocumentedCommands()];
        await server.Admin.GetServer(server.ConnectionString).ExecuteAsync("ACL", [.. rule]);

        await using var app = await CachedApp.StartAsync(server, Map, new AppSetup
        {
            Prefix = "shop:",
            ConnectionString = $"{server.ConnectionString},user=app,password=secret",
            Options = static options => options.UseAsOutputCacheStore = true,
        });

        Assert.Equal("fwd=uri-miss; stored", (await app.GetAsync("/page")).CacheStatus.Split("; ", 2)[1]);
        Assert.True((await app.GetAsync("/page")).IsHit);
        await app.Control.EvictByTagAsync("pages", token);
        Assert.False((await app.GetAsync("/page")).IsHit);
        await app.Control.EvictAsync("/page", token);

        var cache = app.Services.GetRequiredService<IRedisExpiringCache>();
        await cache.SetAsync("key", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Both(60, 600), ["tag"], token);
        Assert.NotNull(await cache.GetAsync("key", token));
        await cache.RefreshAsync("key", token);
        Assert.True(await cache.ExpireAsync("key", Caches.NoExpiry, token));
        Assert.Null((await cache.GetLifetimeAsync("key", token))!.TimeToLive);
        Assert.Equal(1, await cache.RemoveAsync(["key", "other"], token));
        await cache.RemoveByTagAsync("tag", token);

        var output = app.Services.GetRequiredService<IOutputCacheStore>();
        await output.SetAsync("key", Some.Bytes(), ["tag"], TimeSpan.FromMinutes(1), token);
        Assert.NotNull(await output.GetAsync("key", token));
        await output.EvictByTagAsync("tag", token);
        Assert.DoesNotContain(app.Logs, record => record.Message.Contains("NOPERM", StringComparison.Ordinal));
    }

    private static void Map(WebApplication web) =>
        web.MapGet("/page", [RedisResponseCache(SlidingDuration = 60, Tags = ["pages"])] () => "a page");

    private static string[] DocumentedCommands()
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "data-cache.md"));
        var commands = AclLine().Match(document).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("+evalsha", commands);
        return commands;
    }

    [GeneratedRegex(@"^ACL SETUSER \S+ on >\S+ ~\S+ resetchannels (.+)$", RegexOptions.Multiline)]
    private static partial Regex AclLine();
}
