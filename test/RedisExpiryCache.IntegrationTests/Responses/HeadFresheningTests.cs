using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class HeadFresheningTests(RedisFixture fixture) : HeadFresheningContract(fixture);

public sealed class InMemoryHeadFresheningTests(InMemoryFixture fixture) : HeadFresheningContract(fixture);

/// <summary>RFC 9111 4.3.5: what the app says to HEAD is about the page that is stored for GET.</summary>
public abstract class HeadFresheningContract(ServerFixture fixture)
{
    private const string Tag = "\"1\"", Modified = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Theory]
    [InlineData(Tag, "3", Modified)]
    [InlineData(Tag, null, null)]
    [InlineData(null, "3", null)]
    [InlineData(null, null, Modified)]
    public async Task A_HEAD_that_agrees_makes_it_fresh_again_and_updates_its_fields(string? etag, string? length, string? modified)
    {
        await using var origin = await StaleAsync();
        origin.Answers(
            200, "", ("ETag", etag), ("Content-Length", length), ("Last-Modified", modified), ("Cache-Control", "max-age=120"), ("X-Kind", "new"));
        var head = await origin.HeadAsync();
        var hit = await origin.GetAsync();

        Assert.Equal((200, "RedisExpiryCache; fwd=stale", "new"), ((int)head.Status, head.CacheStatus, head["X-Kind"]));
        Assert.Equal((null, null), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        Assert.Equal(("one", "RedisExpiryCache; hit; ttl=120", 2), (hit.Body, hit.CacheStatus, origin.Calls));
        Assert.Equal(("max-age=120", "new", "here", Tag), (hit["Cache-Control"], hit["X-Kind"], hit["X-Stays"], hit["ETag"]));
    }

    [Theory]
    [InlineData("\"2\"", null, null)]
    [InlineData(Tag, "4", null)]
    [InlineData(null, "0", null)]
    [InlineData(null, null, "Mon, 07 Nov 1994 08:49:37 GMT")]
    public async Task A_HEAD_that_tells_of_another_page_has_the_stored_one_forgotten(string? etag, string? length, string? modified)
    {
        await using var origin = await StaleAsync();
        origin.Answers(200, "", ("ETag", etag), ("Content-Length", length), ("Last-Modified", modified), ("Cache-Control", "max-age=120"));
        await origin.HeadAsync();
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"));
        var next = await origin.GetAsync();

        Assert.Equal(("two", "RedisExpiryCache; fwd=uri-miss; stored"), (next.Body, next.CacheStatus));
        Assert.Null(origin.LastAsked("If-None-Match"));
        await origin.App.CountedAsync(1, "response.stores", ("reason", "outdated"));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(304)]
    [InlineData(503)]
    public async Task Another_answer_than_200_says_nothing_about_it(int status)
    {
        await using var origin = await StaleAsync();
        origin.Answers(status, "", ("Cache-Control", "max-age=120"), ("X-Kind", "new"));
        Assert.Equal(status, (int)(await origin.HeadAsync()).Status);
        var stored = await origin.GetAsync(("Cache-Control", "max-stale"));
        Assert.Equal((200, "one", "RedisExpiryCache; hit; ttl=-1", "old"), ((int)stored.Status, stored.Body, stored.CacheStatus, stored["X-Kind"]));
    }

    [Fact]
    public async Task A_client_that_wants_something_fresher_by_HEAD_freshens_it_for_all()
    {
        await using var origin = await StaleAsync(secondsAgo: 10);
        origin.Answers(200, "", ("ETag", Tag), ("Cache-Control", "max-age=60"));
        Assert.Equal("RedisExpiryCache; fwd=request", (await origin.HeadAsync(("Cache-Control", "no-cache"))).CacheStatus);
        Assert.Equal("RedisExpiryCache; hit; ttl=60", (await origin.GetAsync()).CacheStatus);
    }

    [Fact]
    public async Task A_cookie_that_HEAD_brings_is_nobody_elses()
    {
        await using var origin = await StaleAsync();
        origin.Answers(200, "", ("ETag", Tag), ("Cache-Control", "max-age=120"), ("Set-Cookie", "session=alice"));
        Assert.Equal("session=alice", (await origin.HeadAsync())["Set-Cookie"]);
        var stored = await origin.GetAsync(("Cache-Control", "max-stale"));
        Assert.Equal((true, null), (stored.IsHit, stored["Set-Cookie"]));
    }

    [Fact]
    public async Task A_HEAD_after_an_eviction_brings_nothing_back()
    {
        await using var origin = await StaleAsync();
        origin.Answer = async context =>
        {
            await origin.App.Control.EvictAsync(Origin.Path, TestContext.Current.CancellationToken);
            await Origin.SayAsync(context, 200, "", ("ETag", Tag), ("Cache-Control", "max-age=60"));
        };
        await origin.HeadAsync();
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"));
        Assert.Equal("two", (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task An_answer_to_HEAD_is_never_stored_itself()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", ("ETag", Tag), ("Cache-Control", "max-age=60"));
        for (var calls = 1; calls <= 2; calls++)
        {
            Assert.Equal("RedisExpiryCache; fwd=uri-miss", (await origin.HeadAsync()).CacheStatus);
            Assert.Equal(calls, origin.Calls);
        }

        Assert.Empty(await origin.StoredAsync(fixture.Server));
        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", (await origin.GetAsync()).CacheStatus);
    }

    private async Task<Origin> StaleAsync(int secondsAgo = 61)
    {
        var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(
            200, "one", ("ETag", Tag), ("Last-Modified", Modified), ("Cache-Control", "max-age=60"), ("X-Kind", "old"), ("X-Stays", "here"));
        Assert.True((await origin.GetAsync()).WasStored);
        origin.Later(secondsAgo);
        return origin;
    }
}
