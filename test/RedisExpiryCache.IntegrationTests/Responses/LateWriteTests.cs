using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What an application keeps of a response, and uses when the request is over.</summary>
public sealed class LateWriteTests(RedisFixture fixture)
{
    private const int Rounds = 20;

    public enum Kept
    {
        Stream,
        StreamSpan,
        StreamFlush,
        Writer,
        WriterMemory,
        WriterFlush,
        WriterCompletion,
        FeatureStart,
        FeatureCompletion,
        FeatureFile,
    }

    public static TheoryData<Kept> AllKept => [.. Enum.GetValues<Kept>()];

    /// <summary>The server uses its stream and writer again for the next request on a connection.</summary>
    [Theory]
    [MemberData(nameof(AllKept))]
    public async Task A_use_after_the_request_throws_and_leaves_the_next_response_of_the_connection_alone(Kept kept)
    {
        Func<Task> late = static () => Task.CompletedTask;
        Exception? thrown = null;
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
        {
            web.MapGet("/keep/{number:int}", async (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                late = UseLater(context, kept);
                await context.Response.WriteAsync("kept");
            });
            web.MapGet("/next/{number:int}", async (HttpContext context, int number) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                thrown = await Record.ExceptionAsync(late);
                await context.Response.WriteAsync($"next {number}");
            });
        });
        for (var round = 0; round < Rounds; round++)
        {
            Assert.Equal("kept", (await app.GetAsync($"/keep/{round}")).Body);
            var first = await app.GetAsync($"/next/{round}");
            var second = await app.GetAsync($"/next/{round}");

            Assert.IsType<ObjectDisposedException>(thrown);
            Assert.Equal(($"next {round}", $"next {round}", true), (first.Body, second.Body, second.IsHit));
        }
    }

    [Fact]
    public async Task A_write_that_goes_on_after_the_origin_failed_is_no_part_of_the_stale_response_that_is_served()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "stale", ("Cache-Control", "max-age=1, stale-if-error=60"));
        await origin.GetAsync();
        origin.Later(2);
        Task? late = null;
        origin.Answer = context =>
        {
            var body = context.Response.Body;
            context.Response.OnStarting(() => late = body.WriteAsync("late"u8.ToArray()).AsTask());
            throw new InvalidOperationException("on purpose");
        };
        var answer = await origin.GetAsync();

        Assert.NotNull(late);
        Assert.Equal(("stale", "stale-if-error"), (answer.Body, answer.Detail));
    }

    [Fact]
    public async Task Other_pages_never_hold_bytes_of_a_response_whose_writes_outlive_its_request()
    {
        var outcome = await RogueLoad.RunAsync(fixture.Server, TimeSpan.FromMinutes(2), atMost: 250);

        Assert.True(outcome is { Answers: >= 250, Hits: > 0, Rogue: > 1 }, outcome.ToString());
        Assert.True(outcome.ForeignBytes == 0, outcome.ToString());
    }

    private static Func<Task> UseLater(HttpContext context, Kept kept)
    {
        var (stream, writer) = (context.Response.Body, context.Response.BodyWriter);
        var feature = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var late = Encoding.ASCII.GetBytes("late");
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        switch (kept)
        {
            case Kept.Stream:
                return () => stream.WriteAsync(late).AsTask();
            case Kept.StreamSpan:
                return () => Do(() => stream.Write(late.AsSpan()));
            case Kept.StreamFlush:
                return () => stream.FlushAsync();
            case Kept.Writer:
                return () => writer.WriteAsync(late).AsTask();
            case Kept.WriterMemory:
                writer.GetMemory(10);
                return () => Do(() => writer.Advance(10));
            case Kept.WriterFlush:
                return () => writer.FlushAsync().AsTask();
            case Kept.WriterCompletion:
                return () => writer.CompleteAsync().AsTask();
            case Kept.FeatureStart:
                return () => feature.StartAsync();
            case Kept.FeatureCompletion:
                return feature.CompleteAsync;
            default:
                return () => feature.SendFileAsync(typeof(LateWriteTests).Assembly.Location, 0, 4);
        }
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
