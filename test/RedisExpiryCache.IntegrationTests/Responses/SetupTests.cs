using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Putting the cache into an app, and what it keeps to itself.</summary>
public sealed class SetupTests(RedisFixture fixture)
{
    [Fact]
    public async Task Used_without_being_added_it_says_what_to_add()
    {
        await using var web = WebApplication.CreateBuilder().Build();
        var failure = Assert.Throws<InvalidOperationException>(() => web.UseRedisExpiringCache());
        Assert.Contains("AddRedisExpiringCache", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => ((IApplicationBuilder)null!).UseRedisExpiringCache());
    }

    [Fact]
    public async Task On_a_test_server_it_works_as_on_Kestrel()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<PageCounter>();
        builder.Services.AddRedisExpiringCache(options => (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix()));
        await using var web = builder.Build();
        web.UseRedisExpiringCache();
        web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60 });
        await web.StartAsync(TestContext.Current.CancellationToken);
        using var client = web.GetTestClient();

        Assert.Equal("page 1", await client.GetStringAsync(new Uri("/a", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("page 1", await client.GetStringAsync(new Uri("/a", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("page 2", await client.GetStringAsync(new Uri("/b", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_secret_and_no_content_is_in_the_log()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "the-password");
        foreach (var password in new[] { "the-password", "wrong-password" })
        {
            await using var app = await CachedApp.StartAsync(
                server,
                web =>
                {
                    web.MapPage("/cookie", "max-age=60", context => context.Response.Cookies.Append("session", "the-session"));
                    web.MapGet("/a", (HttpContext context) =>
                    {
                        context.Response.Headers.CacheControl = "max-age=60";
                        context.Response.Headers.Vary = "Cookie";
                        return "the-content";
                    });
                    web.MapPost("/a", () => "changed");
                },
                new AppSetup
                {
                    ConnectionString = $"{server.ConnectionString},password={password}",
                    Options = options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(2),
                });
            foreach (var path in new[] { "/a", "/a", "/cookie" })
                await app.GetAsync(path, ("Cookie", "session=the-session"), ("Authorization", "Bearer the-token"));

            await app.GetAsync("/a", ("Cookie", "session=the-session"));
            await app.SendAsync(HttpMethod.Post, "/a");

            var said = app.Logs.Select(record => $"{record.Message} {string.Join(' ', record.Values.Values)} {record.Exception}").ToArray();
            Assert.NotEmpty(said);
            string[] secrets = [password, "the-session", "the-token", "the-content"];
            Assert.All(said, text => Assert.DoesNotContain(secrets, secret => text.Contains(secret, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("//evil.example/a")]
    [InlineData("/a%00b")]
    [InlineData("/%E0%80%80")]
    [InlineData("/{braces}?{a}={b}")]
    [InlineData("/a?%")]
    [InlineData("/a?=&&==&")]
    public async Task An_odd_URL_never_breaks_the_app(string path)
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = ["*"] }));
        var first = await app.GetAsync(path);
        var second = await app.GetAsync(path);
        Assert.True((int)first.Status < 500, $"{first.Status}");
        Assert.Equal(first.Body, second.Body);
        Assert.All(await fixture.Server.KeysAsync(app.Prefix), key => Assert.DoesNotContain('{', key));
    }
}
