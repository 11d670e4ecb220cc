using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>What clients can repeat, or choose, neither floods the log nor forges lines in it.</summary>
public sealed class LogFloodTests(RedisFixture fixture)
{
    private const int Requests = 200, FewLines = 60;

    [Fact]
    public async Task Unsafe_requests_while_Redis_is_away_are_some_lines_and_not_one_each()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await CachedApp.StartAsync(server, static web => web.MapPost("/{**path}", static () => "done"), Patient);
        await app.SendAsync(HttpMethod.Post, "/first");
        await server.KillAsync();

        for (var i = 0; i < Requests; i++)
            await app.SendAsync(HttpMethod.Post, $"/{i}");

        var errors = app.Logs.Where(static log => log.Level >= LogLevel.Error).ToArray();
        Assert.InRange(errors.Length, 1, FewLines);
        Assert.Contains(errors, static log => log.Event.Id == 24);
    }

    [Fact]
    public async Task Pages_that_fail_and_are_answered_from_the_store_are_some_lines_and_not_one_each()
    {
        var fails = false;
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/{**path}", context =>
        {
            context.Response.Headers.CacheControl = "max-age=0, stale-if-error=600";
            context.Response.Headers.ETag = "\"one\"";
            return fails ? throw new InvalidOperationException("no database") : context.Response.WriteAsync("page");
        }));
        for (var i = 0; i < FewLines; i++)
            await app.GetAsync($"/{i}");

        fails = true;
        for (var i = 0; i < Requests; i++)
            await app.GetAsync($"/{i % FewLines}");

        Assert.InRange(app.Logs.Count(static log => log.Event.Id == 27), 1, FewLines / 2);
    }

    [Theory]
    [InlineData("/a%0Afail:%20forged", "/a\\u{000A}fail: forged")]
    [InlineData("/a%1B%5B2J", "/a\\u{001B}[2J")]
    [InlineData("/a%E2%80%A8b", "/a\\u{2028}b")]
    [InlineData("/a%E2%80%AEb", "/a\\u{202E}b")]
    public async Task A_path_cannot_begin_a_line_in_the_log_or_steer_a_terminal(string target, string logged)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{**path}"));
        await app.GetAsync(target);
        await app.SendAsync(HttpMethod.Post, target);
        await app.CountedAsync(1, "response.stores", ("outcome", "stored"));

        Assert.Contains(app.Logs, log => log.Event.Id == 20 && log.Message.Contains(logged, StringComparison.Ordinal));
        Assert.All(app.Logs, static log => Assert.DoesNotContain(log.Message, IsHarmful));
    }

    [Theory]
    [InlineData("a\nfail: forged", "a\\u{000A}fail: forged")]
    [InlineData("a\u001b[2J", "a\\u{001B}[2J")]
    [InlineData("a\u202eb", "a\\u{202E}b")]
    public async Task A_key_of_the_data_cache_cannot_either(string key, string logged)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static _ => { });
        await app.Services.GetRequiredService<IDistributedCache>().SetStringAsync(key, "value", TestContext.Current.CancellationToken);

        Assert.Contains(app.Logs, log => log.Event.Id == 1 && log.Message.Contains(logged, StringComparison.Ordinal));
        Assert.All(app.Logs, static log => Assert.DoesNotContain(log.Message, IsHarmful));
    }

    private static AppSetup Patient => new() { Options = static options => options.OperationTimeout = TimeSpan.FromSeconds(1) };

    private static bool IsHarmful(char character) => char.IsControl(character) || character is '\u2028' or '\u202e';
}
