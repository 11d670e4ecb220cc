using System.Globalization;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class PartTests(RedisFixture fixture) : PartContract(fixture);

public sealed class InMemoryPartTests(InMemoryFixture fixture) : PartContract(fixture);

/// <summary>RFC 9111 3.3 and 3.4: parts that the app sends are kept, used for what lies in them, and put together.</summary>
public abstract class PartContract(ServerFixture fixture)
{
    private const string Content = "0123456789abcdefghij", Tag = "\"1\"";
    private const string Partial = "RedisExpiryCache; fwd=partial; stored";

    [Theory]
    [InlineData("bytes=4-9", "456789", "bytes 4-9/20")]
    [InlineData("bytes=5-6", "56", "bytes 5-6/20")]
    [InlineData("bytes=9-9", "9", "bytes 9-9/20")]
    public async Task A_part_answers_for_what_lies_in_it(string range, string body, string contentRange)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        var first = await origin.GetAsync(("Range", "bytes=4-9"));
        var hit = await origin.GetAsync(("Range", range));

        Assert.Equal((206, "456789", "RedisExpiryCache; fwd=uri-miss; stored"), ((int)first.Status, first.Body, first.CacheStatus));
        Assert.Equal((206, body, contentRange), ((int)hit.Status, hit.Body, hit["Content-Range"]));
        Assert.Equal(("RedisExpiryCache; hit; ttl=60", $"{body.Length}", 1), (hit.CacheStatus, hit["Content-Length"], origin.Calls));
    }

    [Fact]
    public async Task Several_ranges_that_all_lie_in_a_part_are_cut_from_it()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        var hit = await origin.GetAsync(("Range", "bytes=4-4,8-9"));

        Assert.Equal((206, true, 1), ((int)hit.Status, hit.IsHit, origin.Calls));
        Assert.Contains("Content-Range: bytes 4-4/20\r\n\r\n4\r\n", hit.Body, StringComparison.Ordinal);
        Assert.Contains("Content-Range: bytes 8-9/20\r\n\r\n89\r\n", hit.Body, StringComparison.Ordinal);
        Assert.Equal(hit.Bytes.Length.ToString(CultureInfo.InvariantCulture), hit["Content-Length"]);
    }

    [Theory]
    [InlineData("bytes=-3", "bytes=-3", "hij")]
    [InlineData("bytes=-3", "bytes=17-", "hij")]
    [InlineData("bytes=15-", "bytes=-2", "ij")]
    [InlineData("bytes=15-", "bytes=18-99", "ij")]
    public async Task The_end_answers_for_the_end_however_it_is_asked_for(string stored, string asked, string body)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", stored));
        var hit = await origin.GetAsync(("Range", asked));
        Assert.Equal((206, body, true), ((int)hit.Status, hit.Body, hit.IsHit));
    }

    [Theory]
    [InlineData("bytes=0-3", "0123")]
    [InlineData("bytes=8-11", "89ab")]
    [InlineData("bytes=12-", "cdefghij")]
    [InlineData("bytes=-2", "ij")]
    public async Task What_is_not_all_in_it_goes_to_the_app(string range, string body)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        var answer = await origin.GetAsync(("Range", range));

        Assert.Equal((206, body, Partial), ((int)answer.Status, answer.Body, answer.CacheStatus));
        Assert.Equal((2, range, null), (origin.Calls, origin.LastAsked("Range"), origin.LastAsked("If-None-Match")));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Range", "bytes=9-4")]
    [InlineData("Range", "lines=4-5")]
    public async Task Who_asks_for_the_whole_never_gets_a_part(string? name, string? value)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        var whole = await (name is null ? origin.GetAsync() : origin.GetAsync((name, value!)));

        Assert.Equal((200, Content, Partial, 2), ((int)whole.Status, whole.Body, whole.CacheStatus, origin.Calls));
        Assert.True((await origin.GetAsync()).IsHit);
        Assert.Equal((206, "0123"), Seen(await origin.GetAsync(("Range", "bytes=0-3"))));
    }

    [Theory]
    [InlineData(Tag, true)]
    [InlineData("\"2\"", false)]
    [InlineData("W/\"1\"", false)]
    public async Task If_Range_has_to_be_the_parts_own_tag(string ifRange, bool hit)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        var answer = await origin.GetAsync(("Range", "bytes=4-9"), ("If-Range", ifRange));
        Assert.Equal((hit ? 206 : 200, hit), ((int)answer.Status, answer.IsHit));
    }

    [Fact]
    public async Task HEAD_is_not_answered_from_a_part()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        var head = await origin.HeadAsync();
        Assert.Equal((200, "RedisExpiryCache; fwd=partial"), ((int)head.Status, head.CacheStatus));
        Assert.True((await origin.GetAsync(("Range", "bytes=4-9"))).IsHit);
    }

    [Theory]
    [InlineData("bytes=0-9", "bytes=10-19")]
    [InlineData("bytes=10-19", "bytes=0-9")]
    [InlineData("bytes=0-12", "bytes=8-")]
    [InlineData("bytes=-15", "bytes=0-10")]
    public async Task Two_parts_with_the_same_strong_tag_make_the_whole(string first, string second)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", first));
        Assert.Equal(Partial, (await origin.GetAsync(("Range", second))).CacheStatus);
        var whole = await origin.GetAsync();
        var head = await origin.HeadAsync();

        Assert.Equal((200, Content, true, 2), ((int)whole.Status, whole.Body, whole.IsHit, origin.Calls));
        Assert.Equal((null, "20", Tag), (whole["Content-Range"], whole["Content-Length"], whole["ETag"]));
        Assert.Equal((200, "20", true), ((int)head.Status, head["Content-Length"], head.IsHit));
    }

    [Fact]
    public async Task Parts_grow_together_one_by_one()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=5-9"));
        await origin.GetAsync(("Range", "bytes=10-14"));
        var joined = await origin.GetAsync(("Range", "bytes=5-14"));
        Assert.Equal(("56789abcde", "bytes 5-14/20", true), (joined.Body, joined["Content-Range"], joined.IsHit));

        await origin.GetAsync(("Range", "bytes=0-4"));
        await origin.GetAsync(("Range", "bytes=15-19"));
        Assert.Equal((Content, true, 4), ((await origin.GetAsync()).Body, (await origin.GetAsync()).IsHit, origin.Calls));
    }

    [Fact]
    public async Task Parts_with_something_missing_between_them_are_not_joined()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=0-3"));
        await origin.GetAsync(("Range", "bytes=10-13"));

        Assert.True((await origin.GetAsync(("Range", "bytes=10-13"))).IsHit);
        var between = await origin.GetAsync(("Range", "bytes=0-13"));
        Assert.Equal((206, "0123456789abcd", false), ((int)between.Status, between.Body, between.IsHit));
    }

    [Theory]
    [InlineData("W/\"1\"", "W/\"1\"", 20)]
    [InlineData(Tag, "\"2\"", 20)]
    [InlineData(Tag, null, 20)]
    [InlineData(null, null, 20)]
    [InlineData(null, Tag, 20)]
    [InlineData(Tag, Tag, 21)]
    public async Task Parts_not_known_to_be_of_the_same_thing_are_not_joined(string? firstTag, string? secondTag, int secondLength)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin, firstTag);
        await origin.GetAsync(("Range", "bytes=0-9"));
        SendsParts(origin, secondTag, secondLength);
        await origin.GetAsync(("Range", "bytes=10-19"));

        Assert.Equal(("abc", true), await HitAsync(origin, "bytes=10-12"));
        Assert.Equal(("012", false), await HitAsync(origin, "bytes=0-2"));
        Assert.False((await origin.GetAsync()).IsHit);
    }

    [Theory]
    [InlineData("bytes 0-3/*")]
    [InlineData("bytes 0-3")]
    [InlineData(null)]
    public async Task A_part_of_nobody_knows_how_much_is_not_stored(string? contentRange)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(206, "0123", ("Cache-Control", "max-age=60"), ("ETag", Tag), ("Content-Range", contentRange));
        var first = await origin.GetAsync(("Range", "bytes=0-3"));
        Assert.Equal((206, "0123", "partial-content"), ((int)first.Status, first.Body, first.Detail));
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task A_part_is_not_stored_because_a_policy_wants_successes_stored()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage(
            "/a",
            new RedisResponseCacheAttribute { Duration = 60 },
            static context => (context.Response.StatusCode, context.Response.Headers.ContentRange) = (206, "bytes 0-5/20")));
        Assert.Equal("no-freshness", (await app.GetAsync("/a", ("Range", "bytes=0-5"))).Detail);
        Assert.Equal("page 2", (await app.GetAsync("/a", ("Range", "bytes=0-5"))).Body);
    }

    [Fact]
    public async Task A_stale_part_is_validated_with_the_app()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        origin.Later(61);
        origin.Answers(304, "");
        var validated = await origin.GetAsync(("Range", "bytes=5-6"));

        Assert.Equal((206, "56", "bytes 5-6/20"), ((int)validated.Status, validated.Body, validated["Content-Range"]));
        Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60", validated.CacheStatus);
        Assert.Equal(Tag, origin.LastAsked("If-None-Match"));
        Assert.Equal(("456789", true), await HitAsync(origin, "bytes=4-9"));
    }

    [Fact]
    public async Task A_stale_part_is_replaced_by_a_part_of_something_new()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync(("Range", "bytes=4-9"));
        origin.Later(61);
        origin.Answers(206, "NEW!", ("Cache-Control", "max-age=60"), ("ETag", "\"2\""), ("Content-Range", "bytes 4-7/20"));
        Assert.Equal((206, "NEW!"), Seen(await origin.GetAsync(("Range", "bytes=4-7"))));
        Assert.Equal(("EW", true), await HitAsync(origin, "bytes=5-6"));
        SendsParts(origin);
        Assert.Equal(("89", false), await HitAsync(origin, "bytes=8-9"));
    }

    [Fact]
    public async Task A_stale_whole_and_a_new_part_of_the_same_thing_are_the_whole()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        SendsParts(origin);
        await origin.GetAsync();
        origin.Later(61);

        // An app that pays no heed to If-None-Match.
        var part = await origin.GetAsync(("Range", "bytes=4-9"));
        var whole = await origin.GetAsync();
        Assert.Equal((206, "456789", "RedisExpiryCache; fwd=stale; stored"), ((int)part.Status, part.Body, part.CacheStatus));
        Assert.Equal((200, Content, true, 0), ((int)whole.Status, whole.Body, whole.IsHit, whole.Age));
    }

    private static (int Status, string Body) Seen(Answer answer) => ((int)answer.Status, answer.Body);

    private static async Task<(string Body, bool IsHit)> HitAsync(Origin origin, string range)
    {
        var answer = await origin.GetAsync(("Range", range));
        Assert.Equal(206, (int)answer.Status);
        return (answer.Body, answer.IsHit);
    }

    /// <summary>From now on the app sends what is asked for of something that long.</summary>
    private static void SendsParts(Origin origin, string? etag = Tag, int length = 20) => origin.Answer = context =>
    {
        var content = Content.PadRight(length, '+');
        (string, string?)[] fields = [("Cache-Control", "max-age=60"), ("ETag", etag)];
        var range = context.Request.GetTypedHeaders().Range;
        if (range is not { Unit.Value: "bytes", Ranges.Count: 1 } || context.Request.Headers.IfRange.Count > 0)
            return Origin.SayAsync(context, 200, content, fields);

        var one = range.Ranges.Single();
        var first = (int)(one.From ?? length - one.To!.Value);
        var last = (int)Math.Min(one.From is null ? length - 1 : one.To ?? length - 1, length - 1);
        return Origin.SayAsync(context, 206, content[first..(last + 1)], [.. fields, ("Content-Range", $"bytes {first}-{last}/{length}")]);
    };
}
