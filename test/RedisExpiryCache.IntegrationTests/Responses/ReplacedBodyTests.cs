using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Middleware in front that keeps the response back until the page has returned.</summary>
/// <remarks>Loggers, minifiers, and whatever adds a field then.</remarks>
public sealed class ReplacedBodyTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    public enum Way
    {
        ResponseBody,
        BodyFeature,
        FileBuffer,
    }

    public static TheoryData<Way> Ways => [.. Enum.GetValues<Way>()];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_page_whose_body_is_buffered_in_front_is_stored(Way way)
    {
        await using var app = await StartAsync(web => web.Use((context, next) => BufferAsync(context, next, way)));
        var first = await app.GetAsync("/a");
        var second = await app.GetAsync("/a");

        Assert.Equal(("page 1", true), (first.Body, first.WasStored));
        Assert.Equal(("page 1", true), (second.Body, second.IsHit));
    }

    [Theory]
    [InlineData("Set-Cookie", "a=b", "set-cookie")]
    [InlineData("Cache-Control", "no-store", "no-store")]
    public async Task What_a_buffering_middleware_adds_at_the_end_still_forbids_storing(string name, string value, string reason)
    {
        await using var app = await StartAsync(web => web.Use(async (context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[name] = value;
                return Task.CompletedTask;
            });
            await BufferAsync(context, next, Way.ResponseBody);
        }));
        await app.GetAsync("/a");

        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
        await app.CountedAsync(2, "response.stores", ("outcome", "not-stored"), ("reason", reason));
    }

    [Fact]
    public async Task A_name_in_Vary_that_a_buffering_middleware_adds_at_the_end_tells_variants_apart()
    {
        await using var app = await StartAsync(web => web.Use(async (context, next) =>
        {
            await BufferAsync(context, next, Way.ResponseBody, () => context.Response.Headers.Vary = "Cookie");
        }));
        await app.GetAsync("/a", ("Cookie", "u=1"));

        Assert.False((await app.GetAsync("/a", ("Cookie", "u=2"))).IsHit);
        Assert.True((await app.GetAsync("/a", ("Cookie", "u=1"))).IsHit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_middleware_that_rewrites_the_body_rewrites_hits_as_well(bool withLength)
    {
        await using var app = await StartAsync(web => web.Use(async (context, next) =>
        {
            var client = context.Response.Body;
            using var buffer = new MemoryStream();
            context.Response.Body = buffer;
            await next(context);
            context.Response.Body = client;
            var rewritten = Encoding.UTF8.GetBytes($"<{Encoding.UTF8.GetString(buffer.ToArray())}>");
            if (withLength)
                context.Response.ContentLength = rewritten.Length;

            await client.WriteAsync(rewritten);
        }));
        await app.GetAsync("/a");
        var hit = await app.GetAsync("/a");

        Assert.Equal(("<page 1>", true), (hit.Body, hit.IsHit));
    }

    [Fact]
    public async Task A_buffered_body_over_the_limit_passes_and_says_so()
    {
        await using var app = await StartAsync(
            static web => web.Use(static (context, next) => BufferAsync(context, next, Way.ResponseBody)),
            static context => context.Response.WriteAsync(new string('a', 100)), maximumBodySize: 50);
        var answer = await app.GetAsync("/a");

        Assert.Equal((106, "too-large"), (answer.Bytes.Length, answer.Detail));
    }

    [Fact]
    public async Task A_page_that_is_answered_by_something_else_in_front_is_not_stored()
    {
        await using var app = await StartAsync(static web => web.Use(static async (context, next) =>
        {
            var client = context.Response.Body;
            context.Response.Body = Stream.Null;
            await next(context);
            context.Response.Body = client;
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync("closed");
        }));
        var answer = await app.GetAsync("/a");

        Assert.Equal((503, "closed", "replaced"), ((int)answer.Status, answer.Body, answer.Detail));
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task An_error_that_gets_a_status_page_in_front_names_its_reason()
    {
        await using var app = await StartAsync(static web => web.UseStatusCodePages());
        var answer = await app.GetAsync("/gone");

        Assert.Equal((410, "replaced"), ((int)answer.Status, answer.Detail));
        Assert.Contains("410", answer.Body, StringComparison.Ordinal);
    }

    /// <summary>A page without a body has not started when it returns.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(301)]
    [InlineData(410)]
    public async Task A_field_that_is_added_in_front_once_a_page_without_a_body_has_returned_is_sent(int status)
    {
        await using var app = await StartAsync(static web => web.Use(static async (context, next) =>
        {
            await next(context);
            context.Response.Headers["X-Late"] = "1";
        }));
        var first = await app.GetAsync($"/empty/{status}");
        var second = await app.GetAsync($"/empty/{status}");

        Assert.Equal((status, "1", true), ((int)first.Status, first["X-Late"], first.WasStored));
        Assert.Equal((status, "1", true), ((int)second.Status, second["X-Late"], second.IsHit));
        Assert.Equal(first["Content-Length"], second["Content-Length"]);
    }

    [Fact]
    public async Task A_body_that_is_written_in_front_after_an_empty_page_is_sent_with_hits_as_well()
    {
        await using var app = await StartAsync(static web => web.Use(static async (context, next) =>
        {
            await next(context);
            await context.Response.WriteAsync("footer");
        }));
        Assert.Equal("footer", (await app.GetAsync("/empty/200")).Body);
        var hit = await app.GetAsync("/empty/200");

        Assert.Equal(("footer", true), (hit.Body, hit.IsHit));
    }

    [Theory]
    [InlineData("Set-Cookie", "a=b", "set-cookie")]
    [InlineData("Cache-Control", "private", "private")]
    public async Task A_field_that_is_added_late_behind_the_cache_forbids_storing_a_page_without_a_body(
        string name, string value, string reason)
    {
        await using var app = await StartAsync(static _ => { }, context => context.Response.OnStarting(() =>
        {
            context.Response.Headers[name] = value;
            return Task.CompletedTask;
        }));
        Assert.Equal(reason, (await app.GetAsync("/empty/200")).Detail);
        Assert.Equal(reason, (await app.GetAsync("/empty/200")).Detail);
    }

    private static async Task BufferAsync(HttpContext context, RequestDelegate next, Way way, Action? then = null)
    {
        var (client, feature) = (context.Response.Body, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        if (way == Way.FileBuffer)
        {
            await using var file = new FileBufferingWriteStream();
            context.Response.Body = file;
            await next(context);
            context.Response.Body = client;
            then?.Invoke();
            await file.DrainBufferAsync(client);
            return;
        }

        using var buffer = new MemoryStream();
        if (way == Way.ResponseBody)
            context.Response.Body = buffer;
        else
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(buffer));

        await next(context);
        await context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.FlushAsync();
        context.Features.Set(feature);
        then?.Invoke();
        buffer.Position = 0;
        await buffer.CopyToAsync(client);
    }

    private Task<CachedApp> StartAsync(
        Action<WebApplication> inFront, Action<HttpContext>? page = null, long maximumBodySize = 1_000_000) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapMethods("/a", ["GET", "POST"], context =>
            {
                page?.Invoke(context);
                return context.Response.WriteAsync(context.NextPage());
            }).WithMetadata(Minute);
            web.MapGet("/empty/{status:int}", (HttpContext context, int status) =>
            {
                page?.Invoke(context);
                context.Response.StatusCode = status;
                context.Response.Headers.CacheControl = "max-age=60";
            });
            web.MapGet("/gone", static context =>
            {
                context.Response.StatusCode = StatusCodes.Status410Gone;
                context.Response.Headers.CacheControl = "max-age=60";
                return Task.CompletedTask;
            });
        },
        new AppSetup { Outside = inFront, Options = options => options.ResponseCaching.MaximumBodySize = maximumBodySize });
}
