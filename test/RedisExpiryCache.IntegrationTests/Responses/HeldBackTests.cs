using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>An answer of the app that is for this cache and not for the client: nothing of it gets out, however it is written.</summary>
public sealed class HeldBackTests(RedisFixture fixture)
{
    private const string Secret = "what went wrong";

    public enum Way
    {
        Text,
        Stream,
        BlockingStream,
        Writer,
        WriterSpans,
        WriterInPieces,
        File,
        Json,
        StartedFirst,
        Flushed,
        Completed,
        WriterCompleted,
        MuchOfIt,
    }

    public static MatrixTheoryData<Way, bool> Ways => new(Enum.GetValues<Way>(), [true, false]);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_error_in_whose_place_the_stored_page_is_served_never_reaches_the_client(Way way, bool throwsAfterwards)
    {
        await using var origin = await StaleAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Secret, TestContext.Current.CancellationToken);
        var hasStarted = false;
        origin.Answer = async context =>
        {
            context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
            context.Response.StatusCode = 503;
            context.Response.ContentType = "text/x-error";
            context.Response.Headers["X-Error"] = "yes";
            await WriteAsync(context.Response, way, file);
            hasStarted = context.Response.HasStarted;
            if (throwsAfterwards)
                throw new InvalidOperationException("on purpose");
        };
        var answer = await origin.GetAsync();
        var another = await origin.GetAsync();
        File.Delete(file);

        foreach (var one in new[] { answer, another })
        {
            Assert.Equal((200, "one", "3"), ((int)one.Status, one.Body, one["Content-Length"]));
            Assert.Equal(("text/x-own", null), (one["Content-Type"], one["X-Error"]));
            Assert.EndsWith("; detail=stale-if-error", one.CacheStatus, StringComparison.Ordinal);
        }

        Assert.False(hasStarted);
    }

    [Fact]
    public async Task A_body_that_an_app_gives_its_304_does_not_reach_the_client()
    {
        await using var origin = await StaleAsync();
        origin.Answer = async context =>
        {
            context.Response.StatusCode = 304;
            await context.Response.Body.WriteAsync("no content in a 304"u8.ToArray());
        };
        var answer = await origin.GetAsync();
        Assert.Equal((200, "one", "3"), ((int)answer.Status, answer.Body, answer["Content-Length"]));
    }

    [Fact]
    public async Task The_connection_stays_in_step_after_it()
    {
        await using var origin = await StaleAsync();
        for (var i = 0; i < 5; i++)
        {
            origin.Answers(503, Secret, ("Content-Length", "15"));
            Assert.Equal("one", (await origin.GetAsync()).Body);
            Assert.Equal("15", (await origin.App.GetAsync("/other"))["Content-Length"]);
            origin.Answer = static _ => throw new InvalidOperationException("on purpose");
            Assert.Equal("one", (await origin.GetAsync()).Body);
            Assert.Equal(500, (int)(await origin.App.GetAsync("/other")).Status);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exception_after_a_page_has_begun_is_the_apps_as_before(bool flushed)
    {
        await using var origin = await StaleAsync();
        origin.Answer = async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("half a page");
            if (flushed)
                await context.Response.Body.FlushAsync();

            throw new InvalidOperationException("on purpose");
        };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => origin.GetAsync());
        Assert.DoesNotContain(origin.App.Logs, record => record.Event.Id == 27);

        // And what is stored is still the page from before.
        origin.Answers(503, Secret);
        Assert.Equal("one", (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task An_exception_handler_inside_of_the_cache_is_heard_by_its_status()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.UseExceptionHandler(handler => handler.Run(static context => context.Response.WriteAsync(Secret)));
            web.MapGet("/a", static (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60, stale-if-error=60";
                return context.Request.Headers.CacheControl.Count == 0 ? "one" : throw new InvalidOperationException("on purpose");
            });
        });
        await app.GetAsync("/a");
        var answer = await app.GetAsync("/a", ("Cache-Control", "no-cache"));
        Assert.Equal((200, "one"), ((int)answer.Status, answer.Body));
        Assert.Contains("fwd=request; fwd-status=500", answer.CacheStatus, StringComparison.Ordinal);
    }

    private async Task<Origin> StaleAsync()
    {
        var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60, stale-if-error=600"), ("ETag", "\"1\""), ("Content-Type", "text/x-own"));
        Assert.True((await origin.GetAsync()).WasStored);
        origin.Later(61);
        return origin;
    }

    private static async Task WriteAsync(HttpResponse response, Way way, string file)
    {
        var bytes = "what went wrong"u8.ToArray();
        switch (way)
        {
            case Way.Text:
                await response.WriteAsync(Secret);
                break;
            case Way.Stream:
                response.ContentLength = bytes.Length;
                await response.Body.WriteAsync(bytes);
                break;
            case Way.BlockingStream:
                response.Body.Write(bytes);
                response.Body.Flush();
                break;
            case Way.Writer:
                await response.BodyWriter.WriteAsync(bytes);
                break;
            case Way.WriterSpans:
                response.BodyWriter.Write(bytes);
                break;
            case Way.WriterInPieces:
                foreach (var one in bytes)
                {
                    response.BodyWriter.GetSpan(1)[0] = one;
                    response.BodyWriter.Advance(1);
                    await response.BodyWriter.FlushAsync();
                }

                break;
            case Way.File:
                await response.SendFileAsync(file);
                break;
            case Way.Json:
                await response.WriteAsJsonAsync(new { Title = Secret });
                break;
            case Way.StartedFirst:
                await response.StartAsync();
                await response.WriteAsync(Secret);
                break;
            case Way.Flushed:
                await response.Body.FlushAsync();
                await response.BodyWriter.FlushAsync();
                await response.WriteAsync(Secret);
                break;
            case Way.Completed:
                await response.WriteAsync(Secret);
                await response.CompleteAsync();
                break;
            case Way.WriterCompleted:
                await response.BodyWriter.WriteAsync(bytes);
                await response.BodyWriter.CompleteAsync();
                break;
            default:
                await response.Body.WriteAsync(new byte[1_000_000]);
                break;
        }
    }
}
