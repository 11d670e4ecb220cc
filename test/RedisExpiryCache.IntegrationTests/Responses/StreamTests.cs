using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Answers that never end: each client gets its own at once, and none of it is kept.</summary>
public sealed class StreamTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/event-stream; charset=utf-8")]
    [InlineData("application/grpc")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("multipart/x-mixed-replace; boundary=frame")]
    public async Task A_stream_by_its_media_type_is_given_to_each_client_at_once_and_not_stored(string mediaType)
    {
        await using var app = await StartAsync(mediaType);
        using var first = await OpenAsync(app);
        using var second = await OpenAsync(app);

        Assert.Equal(["RedisExpiryCache; fwd=bypass; detail=streaming"], second.Headers.GetValues("Cache-Status"));
        Assert.Equal("item 1", await ReadAsync(first));
        Assert.Equal("item 2", await ReadAsync(second));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    public async Task Followers_of_an_answer_that_is_flushed_and_does_not_end_get_their_own(string mediaType)
    {
        await using var app = await StartAsync(mediaType);
        using var first = await OpenAsync(app);
        var others = Enumerable.Range(0, Crowds.Size).Select(_ => OpenAsync(app)).ToArray();

        foreach (var response in await Task.WhenAll(others))
        {
            Assert.StartsWith("item ", await ReadAsync(response), StringComparison.Ordinal);
            response.Dispose();
        }
    }

    [Fact]
    public async Task An_answer_whose_head_is_flushed_early_is_still_shared_and_stored()
    {
        var gate = new Gate();
        gate.Close();
        var calls = 0;
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/stream", async context =>
        {
            Interlocked.Increment(ref calls);
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("head ");
            await context.Response.Body.FlushAsync();
            await gate.PassAsync(context.RequestAborted);
            await context.Response.WriteAsync("body");
        }), Crowds.Patient());
        var crowd = Crowds.Send(app, "/stream");
        await Crowds.LookedAsync(app, Crowds.Size);
        gate.Open();

        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal("head body", answer.Body));
        Assert.InRange(calls, 1, 2);
        Assert.True((await app.GetAsync("/stream")).IsHit);
    }

    private static async Task<HttpResponseMessage> OpenAsync(CachedApp app)
    {
        using var request = app.Request(HttpMethod.Get, "/stream");
        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
    }

    private Task<CachedApp> StartAsync(string mediaType)
    {
        var number = 0;
        return CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/stream", [RedisResponseCache(Duration = 60)] async (HttpContext context) =>
            {
                context.Response.ContentType = mediaType;
                await context.Response.WriteAsync($"item {Interlocked.Increment(ref number)}\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }),
            new AppSetup { Options = static options => options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(4) });
    }
}
