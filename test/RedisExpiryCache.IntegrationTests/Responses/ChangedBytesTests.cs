using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Middleware in front that changes the bytes: an entity tag never promises bytes that the client did not get.</summary>
public sealed class ChangedBytesTests(RedisFixture fixture)
{
    private static readonly string Page = string.Concat(Enumerable.Range(0, 1000).Select(static i => $"line {i} of the page. "));

    /// <summary>The tag of the cache's own making is sent from the first hit on, the origin's also on the miss.</summary>
    [Theory]
    [InlineData(null, true, null)]
    [InlineData(null, true, "gzip")]
    [InlineData("\"v1\"", true, null)]
    [InlineData("\"v1\"", true, "gzip")]
    [InlineData("\"v1\"", false, null)]
    [InlineData("\"v1\"", false, "gzip")]
    public async Task A_download_of_compressed_bytes_is_not_continued_with_plain_ones(string? etag, bool isHit, string? acceptsThen)
    {
        await using var app = await StartAsync(etag);
        if (isHit)
            await app.GetAsync("/a", ("Accept-Encoding", "gzip"));

        var first = await app.GetAsync("/a", ("Accept-Encoding", "gzip"));
        Assert.Equal((isHit, "gzip"), (first.IsHit, first["Content-Encoding"]));
        (string, string)[] fields = [("Range", "bytes=1000-"), ("If-Range", first["ETag"]!)];
        var rest = await app.GetAsync("/a", acceptsThen is null ? fields : [.. fields, ("Accept-Encoding", acceptsThen)]);

        Assert.Equal((200, true), ((int)rest.Status, rest.IsHit));
        Assert.Equal(Page, Decoded(rest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"v1\"")]
    public async Task A_plain_download_is_continued(string? etag)
    {
        await using var app = await StartAsync(etag);
        await app.GetAsync("/a");
        var first = await app.GetAsync("/a");
        var rest = await app.GetAsync("/a", ("Range", "bytes=1000-"), ("If-Range", first["ETag"]!));

        Assert.StartsWith("\"", first["ETag"], StringComparison.Ordinal);
        Assert.Equal((206, Page[1000..]), ((int)rest.Status, rest.Body));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"v1\"")]
    [InlineData("W/\"v1\"")]
    public async Task A_tag_of_changed_bytes_still_validates(string? etag)
    {
        await using var app = await StartAsync(etag);
        await app.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var first = await app.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var again = await app.GetAsync("/a", ("Accept-Encoding", "gzip"), ("If-None-Match", first["ETag"]!));
        var head = await app.SendAsync(HttpMethod.Head, "/a", ("Accept-Encoding", "gzip"));

        Assert.StartsWith("W/\"", first["ETag"], StringComparison.Ordinal);
        Assert.Equal((304, first["ETag"], first["ETag"]), ((int)again.Status, again["ETag"], head["ETag"]));
    }

    /// <summary>The tag says nothing of the coding, so clients that get plain bytes keep it.</summary>
    [Fact]
    public async Task A_stored_tag_stays_as_strong_as_the_origin_has_made_it()
    {
        await using var app = await StartAsync("\"v1\"");
        await app.GetAsync("/a", ("Accept-Encoding", "gzip"));

        Assert.Equal("\"v1\"", (await app.GetAsync("/a"))["ETag"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_rewritten_in_front_has_a_weak_tag(bool isHit)
    {
        await using var app = await StartAsync("\"v1\"", static web => web.Use(static async (context, next) =>
        {
            var client = context.Response.Body;
            using var buffer = new MemoryStream();
            context.Response.Body = buffer;
            await next(context);
            context.Response.Body = client;
            await client.WriteAsync(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(buffer.ToArray()).ToUpperInvariant()));
        }));
        var answer = await app.GetAsync("/a");
        if (isHit)
            answer = await app.GetAsync("/a");

        Assert.Equal((isHit, Page.ToUpperInvariant(), "W/\"v1\""), (answer.IsHit, answer.Body, answer["ETag"]));
    }

    private Task<CachedApp> StartAsync(string? etag, Action<WebApplication>? inFront = null) => CachedApp.StartAsync(
        fixture.Server,
        web => web.MapMethods("/a", ["GET", "HEAD"], context =>
        {
            context.Response.ContentType = "text/html";
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = etag;
            return context.Response.WriteAsync(Page);
        }),
        new AppSetup
        {
            Services = static services => services.AddResponseCompression(
                static options => options.Providers.Add<GzipCompressionProvider>()),
            Outside = inFront ?? (static web => web.UseResponseCompression()),
        });

    private static string Decoded(Answer answer)
    {
        if (answer["Content-Encoding"] is null)
            return answer.Body;

        using var plain = new GZipStream(new MemoryStream(answer.Bytes), CompressionMode.Decompress);
        return new StreamReader(plain).ReadToEnd();
    }
}
