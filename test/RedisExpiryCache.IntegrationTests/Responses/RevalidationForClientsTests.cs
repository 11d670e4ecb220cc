using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>What is being validated with the app, asked for by clients who have wishes of their own.</summary>
public sealed class RevalidationForClientsTests(RedisFixture fixture)
{
    private const string Tag = "\"1\"", Modified = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Theory]
    [InlineData("If-None-Match", Tag, 304)]
    [InlineData("If-None-Match", "W/\"1\"", 304)]
    [InlineData("If-None-Match", "\"0\", \"1\"", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "\"2\"", 200)]
    [InlineData("If-Modified-Since", Modified, 304)]
    [InlineData("If-Modified-Since", "Sat, 05 Nov 1994 08:49:37 GMT", 200)]
    public async Task A_client_with_a_condition_gets_what_is_right_for_what_it_has(string name, string value, int status)
    {
        await using var origin = await StaleAsync();
        origin.Answers(304, "", ("X-Kind", "new"));
        var answer = await origin.GetAsync((name, value));

        Assert.Equal((status, status == 304 ? "" : "one"), ((int)answer.Status, answer.Body));
        Assert.Equal((Tag, "new", status == 304 ? null : "text/x-own"), (answer["ETag"], answer["X-Kind"], answer["Content-Type"]));
        Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60", answer.CacheStatus);

        // Asked was what this cache has, not what the client has.
        Assert.Equal((Tag, Modified), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        Assert.Equal((true, "one"), ((await origin.GetAsync()).IsHit, (await origin.GetAsync()).Body));
    }

    [Fact]
    public async Task A_client_with_a_condition_gets_a_new_page_whole()
    {
        await using var origin = await StaleAsync();
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"), ("ETag", "\"2\""));
        var answer = await origin.GetAsync(("If-None-Match", Tag));
        Assert.Equal((200, "two", "RedisExpiryCache; fwd=stale; stored"), ((int)answer.Status, answer.Body, answer.CacheStatus));
        Assert.Equal(304, (int)(await origin.GetAsync(("If-None-Match", "\"2\""))).Status);
    }

    [Fact]
    public async Task A_clients_condition_goes_to_the_app_as_it_is_where_nothing_is_stored_to_ask_about()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms("one", ("Cache-Control", "max-age=60"), ("ETag", Tag));
        var answer = await origin.GetAsync(("If-None-Match", Tag), ("If-Modified-Since", Modified));

        Assert.Equal((304, "conditional"), ((int)answer.Status, answer.Detail));
        Assert.Equal((Tag, Modified), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task A_stored_page_without_a_validator_leaves_the_clients_condition_alone()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        origin.Later(61);
        origin.Confirms("one", ("Cache-Control", "max-age=60"), ("ETag", Tag));
        var answer = await origin.GetAsync(("If-None-Match", Tag));

        Assert.Equal((304, "RedisExpiryCache; fwd=stale; detail=conditional"), ((int)answer.Status, answer.CacheStatus));
        Assert.Equal(Tag, origin.LastAsked("If-None-Match"));
    }

    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Cache-Control", "min-fresh=100")]
    [InlineData("Pragma", "no-cache")]
    public async Task A_client_that_wants_something_fresher_has_the_stored_page_validated(string name, string value)
    {
        await using var origin = await StoredAsync();
        origin.Later(10);
        origin.Answers(304, "");
        var answer = await origin.GetAsync((name, value));

        Assert.Equal(("one", "RedisExpiryCache; fwd=request; fwd-status=304; stored; ttl=60"), (answer.Body, answer.CacheStatus));
        Assert.Equal((2, Tag), (origin.Calls, origin.LastAsked("If-None-Match")));
        Assert.Equal((true, 0), ((await origin.GetAsync()).IsHit, (await origin.GetAsync()).Age));
    }

    [Fact]
    public async Task A_request_that_says_no_store_is_answered_by_validation_and_keeps_nothing_of_it()
    {
        await using var origin = await StaleAsync();
        origin.Answers(304, "", ("X-Kind", "new"));
        var answer = await origin.GetAsync(("Cache-Control", "no-store"));

        Assert.Equal((200, "one"), ((int)answer.Status, answer.Body));
        Assert.DoesNotContain("stored", answer.CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_if_cached_never_asks_the_app()
    {
        await using var origin = await StaleAsync();
        var answer = await origin.GetAsync(("Cache-Control", "only-if-cached"));
        Assert.Equal((504, "RedisExpiryCache; fwd=stale", 1), ((int)answer.Status, answer.CacheStatus, origin.Calls));
    }

    [Fact]
    public async Task Who_is_content_with_something_stale_gets_it_without_asking()
    {
        await using var origin = await StaleAsync();
        var answer = await origin.GetAsync(("Cache-Control", "max-stale=10"));
        Assert.Equal(("one", "RedisExpiryCache; hit; ttl=-1", 1), (answer.Body, answer.CacheStatus, origin.Calls));
    }

    [Theory]
    [InlineData("bytes=0-1", 206, "on", "bytes 0-1/3")]
    [InlineData("bytes=7-", 416, "", "bytes */3")]
    public async Task A_range_of_a_page_that_has_been_validated_is_cut_from_it(string range, int status, string body, string contentRange)
    {
        await using var origin = await StaleAsync();
        origin.Answers(304, "");
        var answer = await origin.GetAsync(("Range", range));

        Assert.Equal((status, body, contentRange), ((int)answer.Status, answer.Body, answer["Content-Range"]));
        Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60", answer.CacheStatus);
        Assert.Equal((200, "one"), ((int)(await origin.GetAsync()).Status, (await origin.GetAsync()).Body));
    }

    [Fact]
    public async Task Who_comes_with_Authorization_does_not_have_a_strangers_page_validated()
    {
        await using var origin = await StaleAsync();
        origin.Confirms("for alice", ("Cache-Control", "max-age=60"), ("ETag", Tag));
        var alice = await origin.GetAsync(("Authorization", "Bearer alice"));
        Assert.Equal(("for alice", null), (alice.Body, origin.LastAsked("If-None-Match")));
    }

    private async Task<Origin> StoredAsync()
    {
        var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60"), ("ETag", Tag), ("Last-Modified", Modified), ("Content-Type", "text/x-own"));
        Assert.True((await origin.GetAsync()).WasStored);
        return origin;
    }

    private async Task<Origin> StaleAsync()
    {
        var origin = await StoredAsync();
        origin.Later(61);
        return origin;
    }
}
