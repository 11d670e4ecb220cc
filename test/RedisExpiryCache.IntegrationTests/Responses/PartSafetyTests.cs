using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A part is never given out as something that it is not, and says nothing of what it is a part of.</summary>
public sealed class PartSafetyTests(RedisFixture fixture)
{
    private const string Tag = "\"1\"";
    private static readonly (string, string?) Minute = ("Cache-Control", "max-age=60"), ByLanguage = ("Vary", "Accept-Language");

    [Fact]
    public async Task A_part_of_another_variant_never_answers_a_request_for_the_whole()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(206, "0123456789", Minute, ByLanguage, ("ETag", Tag), ("Content-Range", "bytes 0-9/100"));
        await origin.GetAsync(("Accept-Language", "en"), ("Range", "bytes=0-9"));

        origin.Confirms(new string('x', 100), Minute, ByLanguage, ("ETag", Tag));
        var whole = await origin.GetAsync(("Accept-Language", "de"));
        Assert.Equal((200, new string('x', 100)), ((int)whole.Status, whole.Body));
    }

    [Theory]
    [InlineData("50-59", "0-4")]
    [InlineData("0-9", "50-54")]
    public async Task A_part_of_another_variant_is_not_cut_where_it_has_nothing(string stored, string asked)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(206, "bbbbbbbbbb", Minute, ByLanguage, ("ETag", "\"b\""), ("Content-Range", $"bytes {stored}/100"));
        await origin.GetAsync(("Accept-Language", "de"), ("Range", $"bytes={stored}"));
        origin.Answers(200, new string('a', 100), Minute, ByLanguage, ("ETag", "\"a\""));
        await origin.GetAsync(("Accept-Language", "en"));

        origin.Answer = context => context.Request.Headers.IfNoneMatch.ToString().Contains("\"b\"", StringComparison.Ordinal)
            ? Origin.SayAsync(context, 304, "", ("ETag", "\"b\""))
            : Origin.SayAsync(context, 206, "bbbbb", Minute, ByLanguage, ("ETag", "\"b\""), ("Content-Range", $"bytes {asked}/100"));
        var part = await origin.GetAsync(("Accept-Language", "en"), ("Range", $"bytes={asked}"), Origin.NoCache);
        Assert.Equal((206, "bbbbb", $"bytes {asked}/100"), ((int)part.Status, part.Body, part["Content-Range"]));
    }

    [Fact]
    public async Task A_digest_of_the_whole_is_not_said_of_a_part()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "0123456789", Minute, ("ETag", Tag), ("Content-Digest", "sha-256=:AAAA:"), ("Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="));
        await origin.GetAsync();
        var part = await origin.GetAsync(("Range", "bytes=0-3"));
        Assert.Equal((true, "0123", null, null), (part.IsHit, part.Body, part["Content-Digest"], part["Content-MD5"]));
        Assert.Equal("sha-256=:AAAA:", (await origin.GetAsync())["Content-Digest"]);
    }

    [Fact]
    public async Task A_digest_of_a_part_is_not_said_of_the_whole()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(206, "01234", Minute, ("ETag", Tag), ("Content-Range", "bytes 0-4/10"), ("Content-Digest", "first"));
        await origin.GetAsync(("Range", "bytes=0-4"));
        origin.Answers(206, "56789", Minute, ("ETag", Tag), ("Content-Range", "bytes 5-9/10"), ("Content-Digest", "second"));
        await origin.GetAsync(("Range", "bytes=5-9"));

        var whole = await origin.GetAsync();
        Assert.Equal((true, "0123456789", null), (whole.IsHit, whole.Body, whole["Content-Digest"]));
    }

    [Fact]
    public async Task Bytes_that_a_part_was_to_have_and_has_not_are_asked_of_the_app()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);

        // No Content-Length, and less than Content-Range says: an origin that broke off.
        origin.Answers(206, new string('a', 50), Minute, ("ETag", Tag), ("Content-Range", "bytes 0-99/1000"));
        await origin.GetAsync(("Range", "bytes=0-99"));
        origin.Answers(206, "bbbbbbbbbb", Minute, ("ETag", Tag), ("Content-Range", "bytes 60-69/1000"));
        Assert.Equal("bbbbbbbbbb", (await origin.GetAsync(("Range", "bytes=60-69"))).Body);
    }

    [Fact]
    public async Task A_part_does_not_take_the_place_of_a_whole_that_is_fresh()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "0123456789", Minute);
        await origin.GetAsync();
        origin.Answers(206, "0", Minute, ("Content-Range", "bytes 0-0/10"));
        Assert.Equal("0", (await origin.GetAsync(("Range", "bytes=0-0"), Origin.NoCache)).Body);

        var whole = await origin.GetAsync();
        Assert.Equal((true, "0123456789"), (whole.IsHit, whole.Body));
    }

    [Fact]
    public async Task A_416_is_not_for_caches_downstream_to_keep()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "0123456789", ("Cache-Control", "public, max-age=60"), ("ETag", Tag));
        await origin.GetAsync();
        var answer = await origin.GetAsync(("Range", "bytes=20-"));
        Assert.Equal((416, null, true), ((int)answer.Status, answer["Cache-Control"], answer.IsHit));
    }
}
