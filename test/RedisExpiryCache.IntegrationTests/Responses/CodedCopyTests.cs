using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A copy in a coding is never older than its plain response, never there longer, and costs nobody an error or a round trip.</summary>
public sealed class CodedCopyTests(RedisFixture fixture)
{
    private static readonly (string, string) Brotli = ("Accept-Encoding", "br");
    private static readonly string NewPage = CodedApp.Page.Replace("some", "new", StringComparison.Ordinal);
    private readonly IDatabase _raw = fixture.Server.Raw;

    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    [InlineData("everything")]
    public async Task An_eviction_reaches_it(string what)
    {
        await using var origin = await StartAsync(new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] });
        await origin.App.CodedAsync("br");
        origin.Answers(200, NewPage, CodedApp.Html);
        await (what switch
        {
            "url" => origin.App.Control.EvictAsync(Origin.Path, Token),
            "tag" => origin.App.Control.EvictByTagAsync("things", Token),
            _ => origin.App.Control.EvictAllAsync(Token),
        });

        Assert.Equal(NewPage, CodedApp.Decoded(await origin.GetAsync(Brotli)));
        Assert.Equal(NewPage, CodedApp.Decoded(await origin.GetAsync(Brotli)));
        Assert.Equal(NewPage, CodedApp.Decoded(await origin.App.CodedAsync("br")));
    }

    [Fact]
    public async Task One_of_a_page_whose_tag_was_evicted_is_made_again_though_the_page_is_the_same()
    {
        await using var origin = await StartAsync(new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] });
        await origin.App.CodedAsync("br");
        await origin.App.Control.EvictByTagAsync("things", Token);
        await origin.GetAsync(Brotli);
        Assert.Null((await origin.GetAsync(Brotli))["Content-Encoding"]);
        await origin.App.CodedAsync("br");
        Assert.Equal(2, origin.App.Logs.Count(static record => record.Event.Id == 36));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_that_is_stored_anew_leaves_no_older_copy(bool byAnotherNode)
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server, ("ETag", "\"same\""));
        await origin.GetAsync();
        await origin.App.CodedAsync("br");
        await using var other = await Origin.StartAsync(fixture.Server, CodedApp.Setup("br", "gzip") with { Prefix = origin.App.Prefix });
        var writer = byAnotherNode ? other : origin;

        // The tag is no help: some apps do not change it.
        writer.Answers(200, NewPage, CodedApp.Minute, CodedApp.Html, ("ETag", "\"same\""));
        await writer.GetAsync(Origin.NoCache);
        Assert.Equal(NewPage, CodedApp.Decoded(await origin.GetAsync(Brotli)));
        Assert.Equal(NewPage, CodedApp.Decoded(await origin.App.CodedAsync("br")));
        Assert.Equal(NewPage, CodedApp.Decoded(await other.GetAsync(Brotli)));
    }

    [Theory]
    [InlineData(60, 0)]
    [InlineData(0, 60)]
    [InlineData(40, 60)]
    public async Task It_ends_before_its_plain_response_and_slides_with_it(int duration, int sliding)
    {
        var attribute = new RedisResponseCacheAttribute { SlidingDuration = sliding };
        if (duration > 0)
            attribute.Duration = duration;

        await using var origin = await StartAsync(attribute);
        await origin.App.CodedAsync("br");
        var copy = Assert.Single(await origin.CopiesAsync(fixture.Server));
        var plain = copy[..^3];
        await AssertEndsBefore();
        if (sliding > 0)
        {
            await _raw.KeyExpireAsync(plain, TimeSpan.FromSeconds(30));
            await _raw.KeyExpireAsync(copy, TimeSpan.FromSeconds(20));
            Assert.Equal("br", (await origin.GetAsync(Brotli))["Content-Encoding"]);
            await Eventually.True(async () => await fixture.Server.TimeToLiveAsync(copy) > TimeSpan.FromSeconds(32), TimeSpan.FromSeconds(20), "a slide");
            await AssertEndsBefore();
        }

        async Task AssertEndsBefore()
        {
            // The copy first: what is left only gets less.
            var (copyLeft, plainLeft) = (await fixture.Server.TimeToLiveAsync(copy), await fixture.Server.TimeToLiveAsync(plain));
            Assert.InRange(copyLeft!.Value, TimeSpan.FromSeconds(1), plainLeft!.Value + TimeSpan.FromMilliseconds(900));
        }
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("foreign")]
    [InlineData("list")]
    [InlineData("of another page")]
    [InlineData("of another version")]
    [InlineData("gone")]
    public async Task Whatever_else_is_in_its_place_is_a_miss_and_overwritten(string damage)
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server);
        await origin.GetAsync();
        await origin.App.CodedAsync("br");
        var copy = Assert.Single(await origin.CopiesAsync(fixture.Server));
        await origin.App.GetAsync("/other");
        await origin.App.CodedAsync("br", "/other");
        var other = Assert.Single(await origin.CopiesAsync(fixture.Server), key => key != copy);
        await DamageAsync(copy, other, damage);

        var answer = await origin.GetAsync(Brotli);
        Assert.Equal((200, CodedApp.Page, null), ((int)answer.Status, answer.Body, answer["Content-Encoding"]));
        Assert.Equal(CodedApp.Page, CodedApp.Decoded(await origin.App.CodedAsync("br")));
        Assert.Equal(damage is not "gone", origin.App.Logs.Any(static record => record.Event.Id == 2));
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Many_who_ask_at_once_have_it_made_once_and_get_the_plain_one_meanwhile()
    {
        await using var origin = await CodedApp.StartAsync(fixture.Server);
        await origin.GetAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => origin.GetAsync(Brotli)));
        Assert.All(answers, static answer => Assert.Equal((200, CodedApp.Page), ((int)answer.Status, CodedApp.Decoded(answer))));
        await origin.App.CodedAsync("br");
        Assert.Single(origin.App.Logs, static record => record.Event.Id == 36);
    }

    [Fact]
    public async Task Without_Redis_the_app_answers_plain()
    {
        await using var server = await RedisServer.StartAsync();
        await using var origin = await CodedApp.StartAsync(server);
        await origin.GetAsync();
        await origin.App.CodedAsync("br");
        await server.KillAsync();
        var answer = await origin.GetAsync(Brotli);
        Assert.Equal((200, CodedApp.Page, null), ((int)answer.Status, answer.Body, answer["Content-Encoding"]));
    }

    [Fact]
    public async Task A_steady_hit_of_it_is_one_round_trip_with_tags_and_variants()
    {
        var delay = TimeSpan.FromMilliseconds(250);
        await using var server = await RedisServer.StartAsync();
        await using var proxy = TcpProxy.To(server.Port);
        await using var origin = await Origin.StartAsync(
            server,
            CodedApp.Setup("br", "gzip") with { ConnectionString = proxy.ConnectionString },
            static endpoint => endpoint.WithMetadata(new RedisResponseCacheAttribute { Duration = 600, Tags = ["things"], VaryByHeaderNames = ["Accept-Language"] }));
        origin.Answers(200, CodedApp.Page, CodedApp.Html);
        await origin.GetAsync(("Accept-Language", "de"));
        await origin.App.CodedAsync("gzip", Origin.Path, ("Accept-Language", "de"));
        await origin.App.CodedAsync("gzip", Origin.Path, ("Accept-Language", "de"));
        proxy.Delay = delay;

        // There and back is 500 ms. The quickest of a few tries tells what is needed; the rest is noise of the machine.
        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("gzip", (await origin.GetAsync(("Accept-Encoding", "gzip"), ("Accept-Language", "de")))["Content-Encoding"]);
            times.Add(Stopwatch.GetElapsedTime(started));
        }

        Assert.InRange(times.Min(), 2 * delay - TimeSpan.FromMilliseconds(20), 3.6 * delay);
    }

    private async Task DamageAsync(string copy, string other, string damage)
    {
        var bytes = (byte[])(await _raw.StringGetAsync(copy))!;
        var otherBytes = await _raw.StringGetAsync(other);
        await _raw.KeyDeleteAsync(copy);
        switch (damage)
        {
            case "gone":
                return;
            case "list":
                await _raw.ListLeftPushAsync(copy, "item");
                return;
            case "flipped":
                bytes[^1] ^= 1;
                break;
            case "of another version":
                bytes[0]++;
                break;
        }

        await _raw.StringSetAsync(copy, damage switch
        {
            "cut" => bytes[..^5],
            "empty" => "",
            "foreign" => "something else",
            "of another page" => otherBytes,
            _ => bytes,
        });
    }

    private async Task<Origin> StartAsync(RedisResponseCacheAttribute policy)
    {
        var origin = await Origin.StartAsync(fixture.Server, CodedApp.Setup("br"), endpoint => endpoint.WithMetadata(policy));
        origin.Answers(200, CodedApp.Page, CodedApp.Html);
        await origin.GetAsync();
        return origin;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
