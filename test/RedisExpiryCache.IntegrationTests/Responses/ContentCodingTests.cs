using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>ContentCodings: stored once, plain, and sent to each client in a coding that it accepts.</summary>
public sealed class ContentCodingTests(RedisFixture fixture)
{
    private const string Tag = "\"abc\"";
    private static readonly (string, string) Brotli = ("Accept-Encoding", "br"), Gzip = ("Accept-Encoding", "gzip");

    public static TheoryData<string?, string?> Clients => new()
    {
        { null, null },
        { "", null },
        { "identity", null },
        { "gzip", "gzip" },
        { "x-gzip", "gzip" },
        { "br", "br" },
        { "*", "br" },
        { "*, br;q=0", "gzip" },
        { "br;q=0.1, gzip;q=0.2", "gzip" },
        { "gzip;q=0.2, identity", null },
        { "identity;q=0, gzip", "gzip" },
        { "x-unknown", null },
        { "zstd, deflate", null },
        { "gzip, deflate, br, zstd", "br" },
        { "br, gzip", "br" },
    };

    [Fact]
    public async Task The_app_is_asked_once_and_each_client_reads_the_page()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server, ("Vary", "Accept-Encoding"));
        var miss = await origin.GetAsync(("Accept-Encoding", "gzip, br"));
        Assert.Equal((CodedApp.Page, null, "Accept-Encoding"), (miss.Body, miss["Content-Encoding"], miss["Vary"]));
        await origin.App.CodedAsync("br");
        await origin.App.CodedAsync("gzip");

        foreach (var client in Clients)
        {
            var answer = await origin.GetAsync(Fields(client.Data.Item1));
            Assert.True(answer.IsHit, answer.CacheStatus);
            Assert.Equal((CodedApp.Page, client.Data.Item2), (CodedApp.Decoded(answer), answer["Content-Encoding"]));
            Assert.Equal(("Accept-Encoding", $"{answer.Bytes.Length}", "text/html; charset=utf-8"), (answer["Vary"], answer["Content-Length"], answer["Content-Type"]));
        }

        Assert.Equal((1, null), (origin.Calls, origin.LastAsked("Accept-Encoding")));
        Assert.Equal(3, (await origin.StoredAsync(fixture.Server)).Length);
    }

    [Fact]
    public async Task A_copy_is_compressed_once_and_found_by_other_nodes()
    {
        await using var one = await CodedApp.StartAsync(fixture.Server);
        await one.GetAsync();
        await one.App.CodedAsync("br");
        await using var other = await Origin.StartAsync(fixture.Server, CodedApp.Setup("br") with { Prefix = one.App.Prefix });

        Assert.Equal("br", (await other.GetAsync(Brotli))["Content-Encoding"]);
        Assert.DoesNotContain(other.App.Logs, static record => record.Event.Id == 36);
        Assert.Single(one.App.Logs, static record => record.Event.Id == 36);
    }

    [Fact]
    public async Task What_is_compressed_behind_the_cache_is_left_alone_and_stored_plain()
    {
        await using var app = await StartAsync(inFront: false);
        var miss = await app.GetAsync("/a", Brotli);
        Assert.Equal((CodedApp.Page, null, "Accept-Encoding"), (miss.Body, miss["Content-Encoding"], miss["Vary"]));
        Assert.Equal(CodedApp.Page, CodedApp.Decoded(await app.CodedAsync("br", "/a")));
        Assert.Equal(CodedApp.Page, (await app.GetAsync("/a")).Body);
        Assert.Equal(1, app.Services.GetRequiredService<PageCounter>().Made);
    }

    [Fact]
    public async Task A_compression_in_front_compresses_what_comes_plain_and_leaves_the_copies_alone()
    {
        await using var app = await StartAsync(inFront: true);
        var miss = await app.GetAsync("/a", Gzip);
        Assert.Equal(("gzip", CodedApp.Page), (miss["Content-Encoding"], CodedApp.Decoded(miss)));
        await Eventually.True(
            async () =>
            {
                var hit = await app.GetAsync("/a", Gzip);
                Assert.Equal(("gzip", CodedApp.Page), (hit["Content-Encoding"], CodedApp.Decoded(hit)));
                return hit["ETag"]!.EndsWith("-gzip\"", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(30),
            "a copy");
        Assert.Equal(1, app.Services.GetRequiredService<PageCounter>().Made);
    }

    [Theory]
    [InlineData("Content-Type", "image/png")]
    [InlineData("Content-Type", null)]
    [InlineData("Cache-Control", "max-age=60, no-transform")]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("ETag", "none")]
    [InlineData("Short", "")]
    public async Task What_should_not_be_transformed_or_is_not_worth_it_is_sent_plain(string field, string? value)
    {
        await using var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Options = static options => (options.ResponseCaching.ContentCodings, options.ResponseCaching.StoreSetCookie) = (["br"], true),
        });
        origin.Answers(200, field == "Short" ? CodedApp.Page[..1023] : CodedApp.Page, CodedApp.Minute, CodedApp.Html, (field, value));
        if (field == "Content-Type")
            origin.Answers(200, CodedApp.Page, CodedApp.Minute, (field, value));

        // A second page that is compressed says that there was time for the first.
        for (var i = 0; i < 3; i++)
            Assert.Null((await origin.GetAsync(Brotli))["Content-Encoding"]);

        origin.Answers(200, CodedApp.Page, CodedApp.Minute, CodedApp.Html);
        await origin.App.CodedAsync("br", "/other");
        Assert.Null((await origin.GetAsync(Brotli))["Content-Encoding"]);
        Assert.Single(await origin.CopiesAsync(fixture.Server));
    }

    [Fact]
    public async Task What_gets_no_shorter_is_tried_once_and_sent_plain()
    {
        var noise = Some.Bytes(2000);
        await using var origin = await Origin.StartAsync(fixture.Server, CodedApp.Setup("gzip"));
        origin.Answer = context =>
        {
            (context.Response.Headers.CacheControl, context.Response.ContentType) = ("max-age=60", "text/plain");
            return context.Response.Body.WriteAsync(noise).AsTask();
        };
        await origin.GetAsync();
        await Eventually.True(
            async () => (await origin.GetAsync(Gzip)).Bytes.SequenceEqual(noise) && (await origin.CopiesAsync(fixture.Server)).Length == 1, TimeSpan.FromSeconds(30), "a note");
        for (var i = 0; i < 3; i++)
            Assert.Null((await origin.GetAsync(Gzip))["Content-Encoding"]);

        // Another node takes it from the note.
        await using var other = await Origin.StartAsync(fixture.Server, CodedApp.Setup("gzip") with { Prefix = origin.App.Prefix });
        Assert.Equal(noise, (await other.GetAsync(Gzip)).Bytes);
        Assert.Single(origin.App.Logs.Concat(other.App.Logs), static record => record.Event.Id == 36);
    }

    [Fact]
    public async Task What_the_app_sends_in_a_coding_all_the_same_is_for_those_who_asked_in_the_same_way()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server);
        origin.Answers(200, "packed", CodedApp.Minute, CodedApp.Html, ("Content-Encoding", "br"));
        await origin.GetAsync(Brotli);
        Assert.Equal(("packed", true), ((await origin.GetAsync(Brotli)).Body, (await origin.GetAsync(Brotli)).IsHit));

        origin.Answers(200, CodedApp.Page, CodedApp.Minute, CodedApp.Html);
        Assert.Equal(CodedApp.Page, (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task Off_by_default_the_app_is_told_what_the_client_accepts()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, CodedApp.Page, CodedApp.Minute, CodedApp.Html, ("ETag", Tag));
        await origin.GetAsync(Brotli);
        Assert.Equal("br", origin.LastAsked("Accept-Encoding"));
        var hit = await origin.GetAsync(Brotli);
        Assert.Equal((null, null, Tag), (hit["Vary"], hit["Content-Encoding"], hit["ETag"]));
    }

    private Task<CachedApp> StartAsync(bool inFront) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            if (!inFront)
                web.UseResponseCompression();

            web.MapGet("/a", static (HttpContext context) =>
            {
                context.NextPage();
                context.Response.Headers.CacheControl = "max-age=60";
                return Results.Text(CodedApp.Page, "text/html");
            });
        },
        CodedApp.Setup("br", "gzip") with
        {
            Services = static services => services.AddResponseCompression(),
            Outside = web =>
            {
                if (inFront)
                    web.UseResponseCompression();
            },
        });

    private static (string, string)[] Fields(string? acceptEncoding) => acceptEncoding is null ? [] : [("Accept-Encoding", acceptEncoding)];
}
