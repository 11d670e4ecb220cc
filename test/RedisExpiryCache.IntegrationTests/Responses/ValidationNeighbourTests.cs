using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Validation among the things that real apps and servers have.</summary>
public sealed class ValidationNeighbourTests(RedisFixture fixture)
{
    private const string Tag = "\"1\"";

    [Theory]
    [InlineData(304)]
    [InlineData(503)]
    public async Task Compression_in_front_of_the_cache_gets_the_stored_page_and_nothing_else(int status)
    {
        await using var origin = await StaleAsync(new AppSetup
        {
            Services = static services => services.AddResponseCompression(options => options.Providers.Add<GzipCompressionProvider>()),
            Outside = static web => web.UseResponseCompression(),
        });
        origin.Answers(status, status == 304 ? "" : "failed", ("Content-Type", "text/plain"));
        var answer = await origin.GetAsync(("Accept-Encoding", "gzip"));
        await using var unpacked = new System.IO.Compression.GZipStream(new MemoryStream(answer.Bytes), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);

        Assert.Equal((200, "gzip"), ((int)answer.Status, answer["Content-Encoding"]));
        Assert.Equal("one", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"fwd-status={status}", answer.CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(304)]
    [InlineData(503)]
    [InlineData(0)]
    public async Task In_HTTP_2_it_is_the_same(int status)
    {
        await using var origin = await StaleAsync(new AppSetup { Protocols = HttpProtocols.Http2 });
        origin.Answer = async context =>
        {
            context.Response.StatusCode = status == 0 ? 500 : status;
            if (status != 304)
                await context.Response.WriteAsync("failed");

            await context.Response.CompleteAsync();
            if (status == 0)
                throw new InvalidOperationException("on purpose");
        };
        for (var i = 0; i < 3; i++)
        {
            var answer = await origin.GetAsync();
            Assert.Equal((200, "one", "3"), ((int)answer.Status, answer.Body, answer["Content-Length"]));
            origin.Later(61);
        }

        Assert.Equal(4, origin.Calls);
    }

    [Theory]
    [InlineData(304, 200, "one")]
    [InlineData(503, 200, "one")]
    [InlineData(200, 200, "two")]
    public async Task When_Redis_goes_away_while_the_app_is_asked_the_client_is_answered_all_the_same(int says, int status, string body)
    {
        await using var server = await RedisServer.StartAsync();
        await using var origin = await StaleAsync(new AppSetup { Options = static options => options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(2) }, server);
        origin.Answer = async context =>
        {
            await server.KillAsync();
            await Origin.SayAsync(context, says, says == 200 ? "two" : "", ("Cache-Control", "max-age=60"));
        };
        var answer = await origin.GetAsync();
        Assert.Equal((status, body), ((int)answer.Status, answer.Body));
        if (says == 304)
            Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; ttl=60", answer.CacheStatus);
    }

    [Fact]
    public async Task Where_no_Cache_Status_is_wanted_there_is_none()
    {
        await using var origin = await StaleAsync(new AppSetup { Options = static options => options.ResponseCaching.EmitCacheStatus = false });
        origin.Answers(503, "failed");
        var instead = await origin.GetAsync();
        origin.Answers(304, "");
        var validated = await origin.GetAsync();
        Assert.Equal(("one", null, "one", null), (instead.Body, instead["Cache-Status"], validated.Body, validated["Cache-Status"]));
    }

    [Fact]
    public async Task A_page_of_a_policy_is_validated_for_another_of_its_times()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", [RedisResponseCache(Duration = 60, Tags = ["pages"])] (HttpContext context) =>
            {
                context.Response.Headers.ETag = Tag;
                return context.Request.Headers.IfNoneMatch == Tag ? Results.StatusCode(304) : Results.Text("one");
            }),
            new AppSetup { Time = time });
        await app.GetAsync("/a");
        time.Advance(TimeSpan.FromSeconds(61));
        var validated = await app.GetAsync("/a");
        Assert.Equal(("one", "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60"), (validated.Body, validated.CacheStatus));
        Assert.Equal(("public, max-age=0, must-revalidate", true), (validated["Cache-Control"], (await app.GetAsync("/a")).IsHit));

        // Its tags came along.
        await app.Control.EvictByTagAsync("pages", TestContext.Current.CancellationToken);
        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", (await app.GetAsync("/a")).CacheStatus);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_app_that_leaves_conditions_and_ranges_to_the_framework_is_understood(bool byDate)
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var content = Some.Bytes(10_000);
        var calls = 0;
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", (HttpContext context) =>
            {
                calls++;
                context.Response.Headers.CacheControl = "max-age=60";
                return Results.Bytes(
                    content, "application/x-own", null, enableRangeProcessing: true,
                    byDate ? new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero) : null, byDate ? null : EntityTagHeaderValue.Parse("\"own\""));
            }),
            new AppSetup { Time = time });

        Assert.Equal(content[100..200], (await app.GetAsync("/a", ("Range", "bytes=100-199"))).Bytes);
        Assert.Equal(content[150..160], (await app.GetAsync("/a", ("Range", "bytes=150-159"))).Bytes);
        Assert.Equal(1, calls);
        Assert.Equal(content, (await app.GetAsync("/a")).Bytes);
        time.Advance(TimeSpan.FromSeconds(61));
        var part = await app.GetAsync("/a", ("Range", "bytes=-10"));
        var whole = await app.GetAsync("/a");

        Assert.Equal((206, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60"), ((int)part.Status, part.CacheStatus));
        Assert.Equal(content[^10..], part.Bytes);
        Assert.Equal((true, "application/x-own", "bytes"), (whole.IsHit, whole["Content-Type"], whole["Accept-Ranges"]));
        Assert.Equal(content, whole.Bytes);
        Assert.Equal(3, calls);
    }

    private async Task<Origin> StaleAsync(AppSetup setup, RedisServer? server = null)
    {
        var origin = await Origin.StartAsync(server ?? fixture.Server, setup);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60, stale-if-error=600"), ("ETag", Tag), ("Content-Type", "text/plain"));
        await origin.GetAsync();
        origin.Later(61);
        return origin;
    }
}
