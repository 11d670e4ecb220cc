using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>ASP.NET Core's response compression on either side of the cache: nobody gets what they cannot read, and nobody's page is broken.</summary>
public sealed class ResponseCompressionTests(RedisFixture fixture)
{
    private static readonly string Page = string.Concat(Enumerable.Repeat("<p>some page</p>", 200));

    /// <summary>What clients say, and the codings in which the app may answer that.</summary>
    public static TheoryData<string?, string[]> Clients => new()
    {
        { null, [] },
        { "", [] },
        { "gzip", ["gzip"] },
        { "br", ["br"] },
        { "identity", [] },
        { "*", ["br", "gzip"] },
        { "gzip;q=0, br", ["br"] },
        { "br;q=0, gzip;q=0.1", ["gzip"] },
        { "gzip;q=0.2, identity", [] },
        { "identity;q=0, gzip", ["gzip"] },
        { "x-unknown", [] },
        { "zstd, x-unknown;q=0.5", [] },
        { "gzip, deflate, br, zstd", ["br", "gzip"] },
        { "gzip, deflate, br", ["br", "gzip"] },
        { "br, gzip", ["br", "gzip"] },
    };

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 4)]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(false, 3)]
    [InlineData(false, 4)]
    public async Task Whoever_comes_after_whomever_gets_the_page_in_a_coding_of_their_own(bool inFront, int first)
    {
        await using var app = await StartAsync(inFront);
        for (var round = 0; round < 2; round++)
        {
            foreach (var client in Clients.Skip(first).Concat(Clients.Take(first)))
            {
                var answer = await GetAsync(app, client.Data.Item1);
                Assert.Equal((200, Page), ((int)answer.Status, Decoded(answer, client.Data.Item2)));
                Assert.True(round == 0 || answer.IsHit, $"{client.Data.Item1}: {answer.CacheStatus}");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_not_worth_compressing_is_the_same_for_all(bool inFront)
    {
        await using var app = await StartAsync(inFront, contentType: "image/png");
        foreach (var client in Clients)
        {
            var answer = await GetAsync(app, client.Data.Item1);
            Assert.Equal((Page, null), (answer.Body, answer["Content-Encoding"]));
        }

        Assert.Equal(1, app.Services.GetRequiredService<PageCounter>().Made);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("identity")]
    public async Task Behind_a_compression_in_front_there_is_one_stored_page_for_all(string? first)
    {
        await using var app = await StartAsync(inFront: true);
        await GetAsync(app, first);
        foreach (var client in Clients)
            Assert.True((await GetAsync(app, client.Data.Item1)).IsHit, client.Data.Item1);
    }

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "zstd, br,deflate , GZIP")]
    [InlineData("gzip, deflate, br", "br,gzip,deflate")]
    [InlineData("br, gzip", "gzip;q=1.0, br;q=1")]
    [InlineData("gzip;q=0.5, br", "br, gzip;q=0.500")]
    public async Task Spellings_that_say_the_same_share_a_variant(string one, string other)
    {
        await using var app = await StartAsync(inFront: false);
        await GetAsync(app, one);
        Assert.True((await GetAsync(app, other)).IsHit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HEAD_of_a_stored_page_speaks_of_what_GET_would_give(bool inFront)
    {
        await using var app = await StartAsync(inFront);
        foreach (var client in Clients)
        {
            await GetAsync(app, client.Data.Item1);
            var get = await GetAsync(app, client.Data.Item1);
            var head = await app.SendAsync(HttpMethod.Head, "/a", Fields(client.Data.Item1));
            Assert.True(head.IsHit, head.CacheStatus);
            Assert.Equal(get["ETag"], head["ETag"]);
            if (!inFront)
                Assert.Equal((get["Content-Encoding"], get["Content-Length"]), (head["Content-Encoding"], head["Content-Length"]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_is_told_that_it_has_the_page_by_the_tag_that_it_was_given(bool inFront)
    {
        await using var app = await StartAsync(inFront);
        foreach (var client in Clients)
        {
            await GetAsync(app, client.Data.Item1);
            var hit = await GetAsync(app, client.Data.Item1);
            var again = await app.GetAsync("/a", [.. Fields(client.Data.Item1), ("If-None-Match", hit["ETag"]!)]);
            Assert.Equal((304, hit["ETag"], 0), ((int)again.Status, again["ETag"], again.Bytes.Length));
            Assert.Null(again["Content-Encoding"]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_part_is_one_of_the_bytes_that_its_tag_and_coding_name(bool inFront)
    {
        await using var app = await StartAsync(inFront);
        foreach (var client in Clients)
        {
            await GetAsync(app, client.Data.Item1);
            var whole = await GetAsync(app, client.Data.Item1);
            var part = await app.GetAsync("/a", [.. Fields(client.Data.Item1), ("Range", "bytes=5-9")]);
            Assert.Equal(206, (int)part.Status);

            // A compression in front does not touch parts, so they are of the plain page.
            var of = inFront ? Encoding.UTF8.GetBytes(Page) : whole.Bytes;
            Assert.Equal((inFront ? null : whole["Content-Encoding"], $"bytes 5-9/{of.Length}"), (part["Content-Encoding"], part["Content-Range"]));
            Assert.Equal(of[5..10], part.Bytes);
        }
    }

    [Theory]
    [InlineData("gzip", null)]
    [InlineData("gzip", "")]
    [InlineData("gzip", "br")]
    [InlineData("gzip", "gzip;q=0")]
    [InlineData("gzip, br", "gzip")]
    [InlineData("*", "identity")]
    [InlineData("identity;q=0, gzip", "identity")]
    public async Task A_coded_body_is_for_those_who_said_the_same_also_where_the_app_forgets_Vary(string first, string? second)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = static context =>
        {
            var accepts = context.Request.Headers.AcceptEncoding.ToString();
            return Origin.SayAsync(
                context, 200, $"for {accepts}", ("Cache-Control", "max-age=60"), ("Content-Encoding", accepts.Contains("identity", StringComparison.Ordinal) ? null : "x-own"));
        };
        await origin.GetAsync(Fields(first));

        var other = await origin.GetAsync(Fields(second));
        Assert.Equal(first.Contains("identity", StringComparison.Ordinal), other.IsHit);
        Assert.True(other["Content-Encoding"] is null || other.Body == $"for {second}", other.Body);
        Assert.Equal(other["Content-Encoding"] is null ? null : "accept-encoding", other["Vary"]);
        Assert.True((await origin.GetAsync(Fields(first))).IsHit);
    }

    [Fact]
    public async Task Parts_in_different_codings_are_never_joined_whatever_their_tags_say()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(206, "01234", ("Cache-Control", "max-age=60"), ("ETag", "\"1\""), ("Content-Range", "bytes 0-4/10"));
        await origin.GetAsync(("Range", "bytes=0-4"));
        origin.Answers(206, "vwxyz", ("Cache-Control", "max-age=60"), ("ETag", "\"1\""), ("Content-Range", "bytes 5-9/10"), ("Content-Encoding", "gzip"));
        await origin.GetAsync(("Range", "bytes=5-9"), ("Accept-Encoding", "gzip"));

        origin.Answers(200, "new page", ("Cache-Control", "max-age=60"));
        Assert.DoesNotContain("vwxyz", (await origin.GetAsync()).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("01234", (await origin.GetAsync(("Accept-Encoding", "gzip"))).Body, StringComparison.Ordinal);
    }

    private Task<CachedApp> StartAsync(bool inFront, string contentType = "text/html") => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            if (!inFront)
                web.UseResponseCompression();

            web.MapMethods("/a", ["GET", "HEAD"], (HttpContext context) =>
            {
                context.NextPage();
                context.Response.ContentType = contentType;
                context.Response.Headers.CacheControl = "max-age=60";
                return context.Response.WriteAsync(Page);
            });
        },
        new AppSetup
        {
            Services = static services => services.AddResponseCompression(static options =>
            {
                options.Providers.Add<BrotliCompressionProvider>();
                options.Providers.Add<GzipCompressionProvider>();
            }),
            Outside = web =>
            {
                if (inFront)
                    web.UseResponseCompression();
            },
        });

    private static (string, string)[] Fields(string? acceptEncoding) => acceptEncoding is null ? [] : [("Accept-Encoding", acceptEncoding)];

    private static Task<Answer> GetAsync(CachedApp app, string? acceptEncoding) => app.GetAsync("/a", Fields(acceptEncoding));

    private static string Decoded(Answer answer, string[] accepted)
    {
        if (answer["Content-Encoding"] is not { } coding)
            return answer.Body;

        Assert.Contains(coding, accepted);
        using Stream packed = new MemoryStream(answer.Bytes), plain = coding == "br"
            ? new BrotliStream(packed, CompressionMode.Decompress)
            : new GZipStream(packed, CompressionMode.Decompress);
        return new StreamReader(plain).ReadToEnd();
    }
}
