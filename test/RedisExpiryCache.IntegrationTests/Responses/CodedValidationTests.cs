using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Entity tags of copies in a coding (RFC 9110 8.8.3.3): conditions, parts, HEAD, and what the app sees of them.</summary>
public sealed class CodedValidationTests(RedisFixture fixture)
{
    private const string Tag = "\"abc\"", BrotliTag = "\"abc-br\"", GzipTag = "\"abc-gzip\"";
    private static readonly (string, string) Brotli = ("Accept-Encoding", "br");

    [Fact]
    public async Task Each_coding_has_its_own_tag_and_the_plain_body_the_apps()
    {
        await using var origin = await StartAsync();
        Assert.Equal(BrotliTag, (await origin.App.CodedAsync("br"))["ETag"]);
        Assert.Equal(GzipTag, (await origin.App.CodedAsync("gzip"))["ETag"]);
        Assert.Equal(Tag, (await origin.GetAsync())["ETag"]);
    }

    [Fact]
    public async Task A_weak_tag_stays_weak_and_checksums_of_the_plain_body_go()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server, ("ETag", "W/" + Tag), ("Repr-Digest", "sha-256=:AA==:"), ("Content-MD5", "AA=="), ("X-Other", "stays"));
        await origin.GetAsync();
        var coded = await origin.App.CodedAsync("br");
        Assert.Equal(("W/" + BrotliTag, null, null, "stays"), (coded["ETag"], coded["Repr-Digest"], coded["Content-MD5"], coded["X-Other"]));
        Assert.Equal("AA==", (await origin.GetAsync())["Content-MD5"]);
    }

    [Theory]
    [InlineData("br", BrotliTag, 304, BrotliTag)]
    [InlineData("br", "W/" + BrotliTag, 304, BrotliTag)]
    [InlineData("br", Tag, 304, Tag)]
    [InlineData("br", "\"other\", " + BrotliTag, 304, BrotliTag)]
    [InlineData("br, gzip", GzipTag, 304, GzipTag)]
    [InlineData("br", "*", 304, Tag)]
    [InlineData("br", "\"other\"", 200, BrotliTag)]
    [InlineData("br", "\"abc-brr\"", 200, BrotliTag)]
    [InlineData("br", GzipTag, 200, BrotliTag)]
    [InlineData("identity", BrotliTag, 200, Tag)]
    [InlineData("identity", Tag, 304, Tag)]
    public async Task A_client_that_has_it_already_is_told_so_by_the_tag_it_has(string accepts, string ifNoneMatch, int status, string etag)
    {
        await using var origin = await StartAsync();
        await origin.App.CodedAsync("br");
        var answer = await origin.GetAsync(("Accept-Encoding", accepts), ("If-None-Match", ifNoneMatch));
        Assert.Equal((status, etag, "Accept-Encoding"), ((int)answer.Status, answer["ETag"], answer["Vary"]));
        Assert.Equal(status == 304 ? 0 : CodedApp.Page.Length, CodedApp.Decoded(answer).Length);
        Assert.Equal(status == 200 && etag == BrotliTag ? "br" : null, answer["Content-Encoding"]);
    }

    [Fact]
    public async Task A_tag_that_this_cache_has_made_has_its_coded_forms_too()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server);
        await origin.GetAsync();
        var coded = await origin.App.CodedAsync("br");
        Assert.EndsWith("-br\"", coded["ETag"], StringComparison.Ordinal);
        var again = await origin.GetAsync(Brotli, ("If-None-Match", coded["ETag"]!));
        Assert.Equal((304, coded["ETag"]), ((int)again.Status, again["ETag"]));
    }

    [Fact]
    public async Task HEAD_says_what_GET_would()
    {
        await using var origin = await StartAsync();
        await origin.App.CodedAsync("br");
        foreach (var accepts in new[] { "br", "identity" })
        {
            var (get, head) = (await origin.GetAsync(("Accept-Encoding", accepts)), await origin.HeadAsync(("Accept-Encoding", accepts)));
            Assert.Equal(accepts == "br" ? "br" : null, head["Content-Encoding"]);
            Assert.Equal(get.Fields.Where(static field => field.Key != "Transfer-Encoding").OrderBy(static field => field.Key), head.Fields.OrderBy(static field => field.Key));
        }
    }

    [Fact]
    public async Task A_HEAD_that_the_app_answers_says_that_the_page_varies()
    {
        await using var origin = await StartAsync();
        Assert.Equal(("Accept-Encoding", null), ((await origin.App.SendAsync(HttpMethod.Head, "/other", Brotli))["Vary"], origin.LastAsked("Accept-Encoding")));
    }

    [Theory]
    [InlineData(null, 206, Tag)]
    [InlineData(Tag, 206, Tag)]
    [InlineData(BrotliTag, 200, Tag)]
    [InlineData("\"other\"", 200, Tag)]
    public async Task Parts_are_of_the_plain_body_and_never_joined_to_a_coded_one(string? ifRange, int status, string etag)
    {
        await using var origin = await StartAsync();
        await origin.App.CodedAsync("br");
        var answer = await origin.GetAsync([Brotli, ("Range", "bytes=3-8"), .. ifRange is null ? Array.Empty<(string, string)>() : [("If-Range", ifRange)]]);
        Assert.Equal((status, etag, null), ((int)answer.Status, answer["ETag"], answer["Content-Encoding"]));
        Assert.Equal(status == 206 ? CodedApp.Page[3..9] : CodedApp.Page, answer.Body);
        Assert.Equal("Accept-Encoding", answer["Vary"]);
    }

    [Fact]
    public async Task The_app_is_asked_about_its_own_tag_and_the_copy_stays_when_it_confirms()
    {
        await using var origin = await StartAsync();
        var before = await origin.App.CodedAsync("br");
        origin.Confirms(CodedApp.Page, CodedApp.Minute, CodedApp.Html, ("ETag", Tag), ("X-Kind", "new"));
        origin.Later(61);

        var validated = await origin.GetAsync(Brotli, ("If-None-Match", "\"other\""));
        Assert.Equal((Tag, null), (origin.LastAsked("If-None-Match"), origin.LastAsked("Accept-Encoding")));
        Assert.Equal((200, "br", BrotliTag, "new"), ((int)validated.Status, validated["Content-Encoding"], validated["ETag"], validated["X-Kind"]));
        Assert.Contains("fwd-status=304", validated.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(before.Bytes, validated.Bytes);
        var hit = await origin.GetAsync(Brotli);
        Assert.Equal((true, "br", "new"), (hit.IsHit, hit["Content-Encoding"], hit["X-Kind"]));
        Assert.Single(origin.App.Logs, static record => record.Event.Id == 36);
    }

    [Fact]
    public async Task A_clients_own_condition_reaches_the_app_with_the_apps_tag_and_its_304_comes_back_with_the_clients()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server);
        origin.Answer = static context => context.Request.Headers.IfNoneMatch.ToString().Split(", ").Contains(Tag)
            ? Origin.SayAsync(context, 304, "", ("ETag", Tag))
            : Origin.SayAsync(context, 200, "new");
        var answer = await origin.GetAsync(Brotli, ("If-None-Match", BrotliTag));
        Assert.Equal((304, BrotliTag, "Accept-Encoding"), ((int)answer.Status, answer["ETag"], answer["Vary"]));
        Assert.Equal("new", (await origin.GetAsync(("If-None-Match", BrotliTag))).Body);
    }

    [Theory]
    [InlineData(BrotliTag, 204)]
    [InlineData(Tag, 204)]
    [InlineData("\"old-br\"", 412)]
    public async Task Whoever_writes_over_what_it_has_read_in_a_coding_names_the_apps_tag(string ifMatch, int status)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapPut(web, "/a", static (HttpContext context) =>
                Results.StatusCode(context.Request.Headers.IfMatch.ToString().Split(", ").Contains(Tag) ? 204 : 412)),
            CodedApp.Setup("br"));
        Assert.Equal(status, (int)(await app.SendAsync(HttpMethod.Put, "/a", ("If-Match", ifMatch))).Status);
    }

    private async Task<Origin> StartAsync()
    {
        var origin = await CodedApp.StartAsync(fixture.Server, ("ETag", Tag));
        await origin.GetAsync();
        return origin;
    }
}
