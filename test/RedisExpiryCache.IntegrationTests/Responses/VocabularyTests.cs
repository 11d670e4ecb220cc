using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>One word for one thing, in Cache-Status, in the metrics and in the log.</summary>
public sealed class VocabularyTests(RedisFixture fixture)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_hit_and_a_304()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a");
        await app.GetAsync("/a", ("If-None-Match", "*"));
        await SaysAsync(app, "response.requests", 20, ("outcome", "hit"), ("reason", null));
        await SaysAsync(app, "response.requests", 20, ("outcome", "not-modified"), ("reason", null));
        Assert.Equal(2, app.Metrics.Count("response.lookup.duration", ("outcome", "hit")));
    }

    [Theory]
    [InlineData("uri-miss")]
    [InlineData("vary-miss")]
    [InlineData("request")]
    [InlineData("stale")]
    [InlineData("method")]
    [InlineData("bypass")]
    public async Task Each_reason_to_ask_the_app(string reason)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var app = await StartAsync(time);
        if (reason != "uri-miss")
            await app.WarmAsync("/a", ("Accept", "a"));

        if (reason == "stale")
            time.Advance(TimeSpan.FromMinutes(2));

        var answer = reason switch
        {
            "vary-miss" => await app.GetAsync("/a", ("Accept", "b")),
            "request" => await app.GetAsync("/a", ("Accept", "a"), ("Cache-Control", "no-cache")),
            "method" => await app.SendAsync(HttpMethod.Post, "/a"),
            "bypass" => await app.GetAsync("/evicting"),
            _ => await app.GetAsync("/a", ("Accept", "a")),
        };

        Assert.StartsWith($"RedisExpiryCache; fwd={reason}", answer.CacheStatus, StringComparison.Ordinal);
        await SaysAsync(app, "response.requests", 20, ("outcome", "forwarded"), ("reason", reason));
    }

    [Fact]
    public async Task Stored()
    {
        await using var app = await StartAsync();
        Assert.True((await app.GetAsync("/a")).WasStored);
        await Eventually.True(() => app.Metrics.Count("response.stores", ("outcome", "stored"), ("reason", null)) == 1, Soon, "the count");
        await Eventually.True(() => app.Logs.Any(record => record.Event.Id == 21 && Equals(record.Values["Path"], "/a")), Soon, "the event");
    }

    [Theory]
    [InlineData("no-store", 200, "Cache-Control", "no-store")]
    [InlineData("private", 200, "Cache-Control", "private")]
    [InlineData("no-cache", 200, "Cache-Control", "no-cache")]
    [InlineData("no-freshness", 200, "X-Nothing", "1")]
    [InlineData("already-stale", 200, "Cache-Control", "max-age=0")]
    [InlineData("set-cookie", 200, "Set-Cookie", "a=b")]
    [InlineData("vary-star", 200, "Vary", "*")]
    [InlineData("partial-content", 206, "Content-Range", "bytes 0-1/*")]
    [InlineData("conditional", 412, "Cache-Control", "max-age=60")]
    [InlineData("must-understand", 299, "Cache-Control", "max-age=60, must-understand")]
    [InlineData("too-large", 200, "Content-Length", "2000")]
    public async Task Each_reason_not_to_store_that_the_response_gives(string reason, int status, string name, string value)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", async (HttpContext context) =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.CacheControl = name == "Content-Length" ? "max-age=60" : default(string);
                context.Response.Headers[name] = value;
                await context.Response.Body.WriteAsync(new byte[context.Response.ContentLength ?? 10]);
            }),
            new AppSetup { Options = options => options.ResponseCaching.MaximumBodySize = 1000 });
        await IsNotStored(app, await app.GetAsync("/a"), reason);
    }

    [Theory]
    [InlineData("authorization", "Authorization", "Basic YQ==")]
    [InlineData("request-no-store", "Cache-Control", "no-store")]
    [InlineData("signed-in", SignIn.Field, "alice")]
    public async Task Each_reason_not_to_store_that_the_request_gives(string reason, string name, string value)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a"), new AppSetup { Services = SignIn.AddTo, Outside = web => web.UseAuthentication() });
        await IsNotStored(app, await app.GetAsync("/a", (name, value)), reason);
    }

    [Fact]
    public async Task Evicted_while_it_was_made()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context, IResponseCacheInvalidator control) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await control.EvictAllAsync(context.RequestAborted);
            await context.Response.WriteAsync("a");
        }));
        await app.GetAsync("/a");
        await SaysAsync(app, "response.stores", 22, ("outcome", "not-stored"), ("reason", "evicted"));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("tag")]
    [InlineData("everything")]
    public async Task Evicted(string target)
    {
        await using var app = await StartAsync();
        var token = TestContext.Current.CancellationToken;
        await (target switch
        {
            "path" => app.Control.EvictAsync("/a", token),
            "tag" => app.Control.EvictByTagAsync("things", token),
            _ => app.Control.EvictAllAsync(token),
        });
        Assert.Equal(1, app.Metrics.Count("response.evictions", ("named", target), ("outcome", "evicted")));
        Assert.Equal(target, Assert.Single(app.Logs, record => record.Event.Id == 23).Values["Target"]);
    }

    [Fact]
    public async Task Switched_off_no_response_says_anything()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapPage("/a"),
            new AppSetup { Options = options => options.ResponseCaching.EmitCacheStatus = false });
        Answer[] answers =
        [
            await app.GetAsync("/a"), await app.GetAsync("/a"), await app.GetAsync("/a", ("If-None-Match", "*")), await app.SendAsync(HttpMethod.Head, "/a"),
            await app.SendAsync(HttpMethod.Post, "/a"), await app.GetAsync("/missing"), await app.GetAsync("/b", ("Cache-Control", "only-if-cached")),
        ];
        Assert.All(answers, answer => Assert.Null(answer["Cache-Status"]));
    }

    private static async Task IsNotStored(CachedApp app, Answer answer, string reason)
    {
        Assert.Equal($"RedisExpiryCache; fwd=bypass; detail={reason}", answer.CacheStatus);
        await SaysAsync(app, "response.stores", 22, ("outcome", "not-stored"), ("reason", reason));
    }

    /// <summary>Metrics and log hear of a response after the client did.</summary>
    private static async Task SaysAsync(CachedApp app, string instrument, int logEvent, params (string Name, string? Value)[] words)
    {
        await Eventually.True(() => app.Metrics.Count(instrument, words) == 1, Soon, $"{instrument} to count {string.Join(", ", words)}");
        await Eventually.True(() => app.Logs.Any(record => record.Event.Id == logEvent && words.All(word => IsIn(record, word))), Soon, $"event {logEvent}");

        static bool IsIn(LogRecord record, (string Name, string? Value) word) =>
            !record.Values.Keys.Any(name => name.Equals(word.Name, StringComparison.OrdinalIgnoreCase))
            || record.Values.Any(value => value.Key.Equals(word.Name, StringComparison.OrdinalIgnoreCase) && Equals(value.Value, word.Value));
    }

    private Task<CachedApp> StartAsync(TimeProvider? time = null) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapPage("/a", "max-age=60", context => context.Response.Headers.Vary = "Accept");
            web.MapPost("/a", () => "changed");
            web.MapPage("/evicting").WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["things"] });
        },
        new AppSetup { Time = time });
}
