using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A request whose response is not stored leaves nothing of its own in Redis.</summary>
public sealed partial class UnstoredResponseTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("/missing/")]
    [InlineData("/private/")]
    [InlineData("/no-store/")]
    [InlineData("/tagged/")]
    public async Task Random_URLs_whose_responses_are_not_stored_leave_only_keys_that_all_URLs_share(string path)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, Map);
        for (var i = 0; i < 300; i++)
            Assert.False((await app.GetAsync($"{path}{Guid.NewGuid()}?q={i}")).WasStored);

        // A lock is released after the response.
        await Eventually.True(
            async () => Array.TrueForAll(await fixture.Server.KeysAsync(app.Prefix), IsShared), TimeSpan.FromSeconds(30), "shared keys alone");
        Assert.All(
            await Task.WhenAll((await fixture.Server.KeysAsync(app.Prefix)).Select(fixture.Server.TimeToLiveAsync)),
            static left => Assert.InRange(left!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)));
    }

    [Theory]
    [InlineData("/missing/1")]
    [InlineData("/tagged/1")]
    public async Task An_unstored_response_of_a_URL_without_a_generation_takes_six_commands(string path)
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await CachedApp.StartAsync(server, Map);
        await app.GetAsync(path);
        await Eventually.True(
            async () => Array.TrueForAll(await server.KeysAsync(app.Prefix), IsShared), TimeSpan.FromSeconds(30), "the lock to be released");

        await using var log = await server.MonitorAsync();
        await app.GetAsync(path);
        await log.WaitForAsync(static line => line is { IsLua: true, Command: "DEL" }, TimeSpan.FromSeconds(30));
        Assert.Equal(
            ["DEL", "EVALSHA", "GET", "GET", "MGET", "SET"],
            log.Lines.Select(static line => line.Command.ToUpperInvariant()).Where(static name => name is not ("PING" or "INFO" or "CLIENT")).Order());
    }

    private static bool IsShared(string key) => SharedKey().IsMatch(key);

    [GeneratedRegex("tag:(http:[*]|guard:[0-9a-f]{2})$")]
    private static partial Regex SharedKey();

    private static void Map(WebApplication web)
    {
        web.MapGet("/private/{id}", static (HttpContext context) => context.Response.Headers.CacheControl = "private");
        web.MapGet("/no-store/{id}", static (HttpContext context) => context.Response.Headers.CacheControl = "no-store");
        web.MapGet("/tagged/{id}", [RedisResponseCache(Duration = 60, Tags = ["item:{id}"])] () => Results.NotFound());
    }
}
