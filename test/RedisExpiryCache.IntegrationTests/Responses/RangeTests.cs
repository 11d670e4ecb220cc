using System.Globalization;
using System.Text.RegularExpressions;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class RangeTests(RedisFixture fixture) : RangeContract(fixture);

public sealed class InMemoryRangeTests(InMemoryFixture fixture) : RangeContract(fixture);

/// <summary>RFC 9110 14: parts of what is stored whole.</summary>
public abstract partial class RangeContract(ServerFixture fixture)
{
    private const string Content = "0123456789abcdefghij", Tag = "\"1\"";
    private const string Modified = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Theory]
    [InlineData("bytes=0-3", "0123", "bytes 0-3/20")]
    [InlineData("bytes=5-5", "5", "bytes 5-5/20")]
    [InlineData("bytes=15-", "fghij", "bytes 15-19/20")]
    [InlineData("bytes=-2", "ij", "bytes 18-19/20")]
    [InlineData("bytes=-99", Content, "bytes 0-19/20")]
    [InlineData("bytes=18-99", "ij", "bytes 18-19/20")]
    [InlineData("BYTES=0-0", "0", "bytes 0-0/20")]
    [InlineData("bytes=0-3,2-5", "012345", "bytes 0-5/20")]
    [InlineData("bytes=0-1,99-", "01", "bytes 0-1/20")]
    public async Task One_range_is_cut_from_a_hit(string range, string body, string contentRange)
    {
        await using var origin = await StoredAsync();
        var answer = await origin.GetAsync(("Range", range));

        Assert.Equal((206, body, contentRange), ((int)answer.Status, answer.Body, answer["Content-Range"]));
        Assert.Equal(($"{body.Length}", "text/x-own", Tag), (answer["Content-Length"], answer["Content-Type"], answer["ETag"]));
        Assert.Equal((true, 1), (answer.IsHit, origin.Calls));
    }

    [Theory]
    [InlineData("bytes=0-1,5-6", "0-1 01|5-6 56")]
    [InlineData("bytes=-1, 0-0 ,10-12", "19-19 j|0-0 0|10-12 abc")]
    [InlineData("bytes=0-1,99-100,15-", "0-1 01|15-19 fghij")]
    public async Task Several_ranges_come_in_parts_that_say_where_they_are_from(string range, string parts)
    {
        await using var origin = await StoredAsync();
        var answer = await origin.GetAsync(("Range", range));

        Assert.Equal((206, null), ((int)answer.Status, answer["Content-Range"]));
        Assert.Equal(answer.Bytes.Length.ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
        var boundary = MultipartBoundary().Match(answer["Content-Type"]!).Groups[1].Value;
        Assert.NotEmpty(boundary);
        var sections = answer.Body.Split($"--{boundary}");
        Assert.Equal("--\r\n", sections[^1]);
        var read = sections[1..^1].Select(static section =>
        {
            var (head, body) = (section[..section.IndexOf("\r\n\r\n", StringComparison.Ordinal)], section[(section.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
            Assert.Contains("\r\nContent-Type: text/x-own", head, StringComparison.Ordinal);
            Assert.EndsWith("\r\n", body, StringComparison.Ordinal);
            return $"{PartRange().Match(head).Groups[1].Value} {body[..^2]}";
        });
        Assert.Equal(parts, string.Join('|', read));
    }

    [Theory]
    [InlineData("bytes=20-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=99-100,200-")]
    public async Task What_is_beyond_the_end_is_a_416_that_tells_the_length(string range)
    {
        await using var origin = await StoredAsync();
        var answer = await origin.GetAsync(("Range", range));
        Assert.Equal((416, "", "bytes */20"), ((int)answer.Status, answer.Body, answer["Content-Range"]));
        Assert.Equal(("0", true, Tag), (answer["Content-Length"], answer.IsHit, answer["ETag"]));
    }

    [Theory]
    [InlineData("bytes=")]
    [InlineData("bytes=3-1")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=0-1,x")]
    [InlineData("lines=0-1")]
    [InlineData("bytes 0-1")]
    [InlineData("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,0-0,2-2,4-4,6-6,8-8,10-10,12-12")]
    public async Task What_is_no_range_or_too_many_gets_the_whole(string range)
    {
        await using var origin = await StoredAsync();
        IsWhole(await origin.GetAsync(("Range", range)));
    }

    [Theory]
    [InlineData(Tag, Tag, true)]
    [InlineData(Tag, "\"2\"", false)]
    [InlineData(Tag, "W/\"1\"", false)]
    [InlineData("W/\"1\"", "W/\"1\"", false)]
    [InlineData("W/\"1\"", Tag, false)]
    [InlineData(Tag, Modified, true)]
    [InlineData(Tag, "Mon, 07 Nov 1994 08:49:37 GMT", false)]
    [InlineData(Tag, "nonsense", false)]
    public async Task If_Range_gives_a_part_only_of_what_the_client_has_a_part_of(string etag, string ifRange, bool part)
    {
        await using var origin = await StoredAsync(("ETag", etag));
        var answer = await origin.GetAsync(("Range", "bytes=0-3"), ("If-Range", ifRange));
        Assert.Equal((part ? 206 : 200, part ? "0123" : Content), ((int)answer.Status, answer.Body));
        Assert.Equal((true, part ? "bytes 0-3/20" : null), (answer.IsHit, answer["Content-Range"]));
    }

    [Fact]
    public async Task A_date_within_the_second_of_the_response_is_too_weak_for_If_Range()
    {
        const string Now = "Sun, 01 Mar 2026 12:00:00 GMT";
        await using var origin = await StoredAsync(("Last-Modified", Now), ("Date", Now));
        IsWhole(await origin.GetAsync(("Range", "bytes=0-3"), ("If-Range", Now)));
    }

    [Fact]
    public async Task A_tag_of_our_own_making_will_do_for_If_Range()
    {
        await using var origin = await StoredAsync(("ETag", null));
        var ours = (await origin.GetAsync())["ETag"]!;
        Assert.Equal("0123", (await origin.GetAsync(("Range", "bytes=0-3"), ("If-Range", ours))).Body);
    }

    [Fact]
    public async Task HEAD_takes_no_notice_of_Range()
    {
        await using var origin = await StoredAsync();
        var head = await origin.HeadAsync(("Range", "bytes=0-3"));
        Assert.Equal((200, "20", null, true), ((int)head.Status, head["Content-Length"], head["Content-Range"], head.IsHit));
    }

    [Theory]
    [InlineData("If-None-Match", Tag)]
    [InlineData("If-Modified-Since", Modified)]
    public async Task Who_has_it_already_gets_no_part_of_it(string name, string value)
    {
        await using var origin = await StoredAsync();
        var answer = await origin.GetAsync(("Range", "bytes=0-3"), (name, value));
        Assert.Equal((304, "", null), ((int)answer.Status, answer.Body, answer["Content-Range"]));
        Assert.Equal(206, (int)(await origin.GetAsync(("Range", "bytes=0-3"), ("If-None-Match", "\"2\""))).Status);
    }

    [Fact]
    public async Task Where_the_app_wants_no_ranges_there_are_none()
    {
        await using var origin = await StoredAsync(("Accept-Ranges", "none"));
        IsWhole(await origin.GetAsync(("Range", "bytes=0-3")));
        IsWhole(await origin.GetAsync(("Range", "bytes=99-")));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(301)]
    [InlineData(410)]
    public async Task Only_a_success_has_parts(int status)
    {
        await using var origin = await StoredAsync(status);
        var answer = await origin.GetAsync(("Range", "bytes=0-3"));
        Assert.Equal((status, Content, true), ((int)answer.Status, answer.Body, answer.IsHit));
        Assert.Null(answer["Content-Range"]);
    }

    [Theory]
    [InlineData("bytes=0-3", 416)]
    [InlineData("bytes=-3", 200)]
    public async Task Nothing_has_no_parts(string range, int status)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "", ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        var answer = await origin.GetAsync(("Range", range));
        Assert.Equal((status, "", true), ((int)answer.Status, answer.Body, answer.IsHit));
    }

    [Fact]
    public async Task What_is_stale_and_may_be_served_is_served_in_parts_too()
    {
        await using var origin = await StoredAsync();
        origin.Later(61);
        Assert.Equal("0123", (await origin.GetAsync(("Range", "bytes=0-3"), ("Cache-Control", "max-stale"))).Body);
    }

    private static void IsWhole(Answer answer)
    {
        Assert.Equal((200, Content, null), ((int)answer.Status, answer.Body, answer["Content-Range"]));
        Assert.Equal(("20", true), (answer["Content-Length"], answer.IsHit));
    }

    private Task<Origin> StoredAsync(params (string Name, string? Value)[] other) => StoredAsync(200, other);

    private async Task<Origin> StoredAsync(int status, params (string Name, string? Value)[] other)
    {
        var origin = await Origin.StartAsync(fixture.Server);
        var fields = new Dictionary<string, string?>
        {
            ["Cache-Control"] = "max-age=60",
            ["ETag"] = Tag,
            ["Last-Modified"] = Modified,
            ["Content-Type"] = "text/x-own",
        };
        foreach (var (name, value) in other)
            fields[name] = value;

        origin.Answers(status, Content, [.. fields.Select(static field => (field.Key, field.Value))]);
        Assert.True((await origin.GetAsync()).WasStored);
        return origin;
    }

    [GeneratedRegex("^multipart/byteranges; boundary=([0-9A-Za-z]+)$")]
    private static partial Regex MultipartBoundary();

    [GeneratedRegex("Content-Range: bytes ([0-9]+-[0-9]+)/20(\r\n|$)")]
    private static partial Regex PartRange();
}
