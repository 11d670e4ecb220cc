using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class BodyTests(RedisFixture fixture) : BodyContract(fixture);

public sealed class InMemoryBodyTests(InMemoryFixture fixture) : BodyContract(fixture);

/// <summary>Whichever way an app writes, what is stored is what went out.</summary>
public abstract class BodyContract(ServerFixture fixture)
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(300_000);

    public enum Way
    {
        Stream,
        BlockingStream,
        SmallWrites,
        Writer,
        WriterInPieces,
        WriterSpans,
        Mixed,
        File,
        PartsOfAFile,
        ReplacedBody,
        StartedFirst,
        Completed,
    }

    public static TheoryData<Way, bool> Ways =>
        [.. Enum.GetValues<Way>().SelectMany(way => new TheoryDataRow<Way, bool>[] { new(way, true), new(way, false) })];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task It_comes_back_byte_for_byte(Way way, bool withLength)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, Content, TestContext.Current.CancellationToken);
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", async (HttpContext context) =>
            {
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.ContentLength = withLength ? Content.Length : null;
                await WriteAsync(context, way, file);
            }));
        var first = await app.GetAsync("/a");
        var second = await app.GetAsync("/a");
        File.Delete(file);

        Assert.Equal(Content, first.Bytes);
        Assert.True(second.IsHit, second.CacheStatus);
        Assert.Equal(Content, second.Bytes);
        Assert.Equal($"{Content.Length}", second["Content-Length"]);
    }

    [Fact]
    public async Task Eight_mebibytes_come_back_byte_for_byte()
    {
        var large = RandomNumberGenerator.GetBytes(8 * 1024 * 1024 + 17);
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            return Results.Bytes(large);
        }));
        Assert.Equal(large, (await app.GetAsync("/a")).Bytes);
        Assert.Equal(large, (await app.WarmAsync("/a")).Bytes);
    }

    [Theory]
    [InlineData(200, HttpProtocols.Http1)]
    [InlineData(204, HttpProtocols.Http1)]
    [InlineData(301, HttpProtocols.Http1)]
    [InlineData(404, HttpProtocols.Http1)]
    [InlineData(200, HttpProtocols.Http2)]
    [InlineData(204, HttpProtocols.Http2)]
    public async Task A_response_without_a_body_is_stored_and_is_a_hit_right_afterwards(int status, HttpProtocols protocols)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/{id}", (HttpContext context) =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.CacheControl = "max-age=60";
            }),
            new AppSetup { Protocols = protocols });
        for (var id = 0; id < 20; id++)
        {
            var first = await app.GetAsync($"/{id}");
            var second = await app.GetAsync($"/{id}");
            Assert.Equal((status, true), ((int)first.Status, first.WasStored));
            Assert.Equal((status, true, 0), ((int)second.Status, second.IsHit, second.Bytes.Length));

            // As it would be without us: nobody has to be told by a chunk that there is none.
            Assert.Equal(status == 204 ? null : "0", first["Content-Length"]);
            Assert.Equal(first["Content-Length"], second["Content-Length"]);
        }
    }

    /// <summary>
    /// The app has something left to do after it has sent the last byte, so the response is stored long after the client asks again: by another
    /// connection, or in HTTP/2, where no request waits for the one before.
    /// </summary>
    [Theory]
    [InlineData("length")]
    [InlineData("complete")]
    public async Task Who_asks_again_after_the_last_byte_waits_for_the_store(string how)
    {
        using var rest = new SemaphoreSlim(0);
        using var again = new SemaphoreSlim(0);
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            again.Release();
            await EndAsync(context.Response, how);
            await rest.WaitAsync();
        }), new AppSetup { Protocols = how == "length" ? HttpProtocols.Http1 : HttpProtocols.Http2 });
        var first = await (how == "length" ? app.GetAsync("/a", ("Connection", "close")) : app.GetAsync("/a"));
        Assert.True(first.WasStored, $"{first.Status} {first.CacheStatus} {string.Join("; ", app.Logs)}");
        await again.WaitAsync(TestContext.Current.CancellationToken);
        var second = app.GetAsync("/a");

        // Time enough for a request that does not wait to reach the app; one that waits never does.
        var reached = await again.WaitAsync(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        Assert.False(reached, string.Join("; ", app.Logs));
        rest.Release(2);
        Assert.True((await second).IsHit);
    }

    private static async Task EndAsync(HttpResponse response, string how)
    {
        response.Headers.CacheControl = "max-age=60";
        response.ContentLength = how == "length" ? 4 : null;
        await response.WriteAsync("body");
        if (how == "complete")
        {
            await response.CompleteAsync();
        }
    }

    private static async Task WriteAsync(HttpContext context, Way way, string file)
    {
        var (response, stream, writer) = (context.Response, context.Response.Body, context.Response.BodyWriter);
        switch (way)
        {
            case Way.Stream:
                await stream.WriteAsync(Content);
                break;
            case Way.BlockingStream:
                stream.Write(Content, 0, 1000);
                stream.Flush();
                stream.Write(Content.AsSpan(1000));
                break;
            case Way.SmallWrites:
                for (var at = 0; at < Content.Length; at += 1234)
                {
                    await stream.WriteAsync(Content.AsMemory(at, Math.Min(1234, Content.Length - at)));
                }

                break;
            case Way.Writer:
                await writer.WriteAsync(Content);
                break;
            case Way.WriterInPieces:
                await WriteInPiecesAsync(writer);
                break;
            case Way.WriterSpans:
                writer.Write(Content);
                break;
            case Way.Mixed:
                await stream.WriteAsync(Content.AsMemory(0, 1000));
                writer.Write(Content.AsSpan(1000, 2000));
                await writer.FlushAsync();
                await response.SendFileAsync(file, 3000, 200_000);
                await stream.WriteAsync(Content.AsMemory(203_000));
                break;
            case Way.File:
                await response.SendFileAsync(file);
                break;
            case Way.PartsOfAFile:
                await response.SendFileAsync(file, 0, 100);
                await response.SendFileAsync(file, 100, null);
                break;
            case Way.ReplacedBody:
                await ReplaceAsync(response);
                break;
            case Way.StartedFirst:
                await response.StartAsync();
                await stream.WriteAsync(Content);
                break;
            default:
                await stream.WriteAsync(Content);
                await response.CompleteAsync();
                break;
        }
    }

    private static async Task WriteInPiecesAsync(System.IO.Pipelines.PipeWriter writer)
    {
        for (var at = 0; at < Content.Length;)
        {
            var memory = writer.GetMemory(512);
            var count = Math.Min(Math.Min(511, memory.Length), Content.Length - at);
            Content.AsSpan(at, count).CopyTo(memory.Span);
            writer.Advance(count);
            at += count;
            if (at % 7 == 0)
            {
                await writer.FlushAsync();
            }
        }

        await writer.FlushAsync();
    }

    private static async Task ReplaceAsync(HttpResponse response)
    {
        var real = response.Body;
        using var mine = new MemoryStream();
        response.Body = mine;
        await response.Body.WriteAsync(Content);
        response.Body = real;
        mine.Position = 0;
        await mine.CopyToAsync(real);
    }
}
