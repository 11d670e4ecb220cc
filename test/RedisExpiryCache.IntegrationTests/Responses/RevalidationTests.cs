using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class RevalidationTests(RedisFixture fixture) : RevalidationContract(fixture);

public sealed class InMemoryRevalidationTests(InMemoryFixture fixture) : RevalidationContract(fixture);

/// <summary>RFC 9111 4.3: the app is asked whether what has become stale still holds.</summary>
public abstract class RevalidationContract(ServerFixture fixture)
{
    private const string Tag = "\"1\"", Modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    private const string Validated = "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60";

    [Fact]
    public async Task A_304_of_the_app_gives_the_client_the_stored_page_and_makes_it_fresh_again()
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Answers(304, "");
        var validated = await origin.GetAsync();
        origin.Later(5);
        var hit = await origin.GetAsync();

        Assert.Equal((200, "one", Validated), ((int)validated.Status, validated.Body, validated.CacheStatus));
        Assert.Equal((0, "3", Tag), (validated.Age, validated["Content-Length"], validated["ETag"]));
        Assert.Equal(("one", "RedisExpiryCache; hit; ttl=55", 5), (hit.Body, hit.CacheStatus, hit.Age));
        Assert.Equal(2, origin.Calls);
        await origin.App.CountedAsync(1, "response.requests", ("outcome", "validated"));
    }

    [Theory]
    [InlineData(Tag, null)]
    [InlineData("W/\"weak\"", null)]
    [InlineData(null, Modified)]
    [InlineData(null, "Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData(Tag, Modified)]
    public async Task The_app_is_asked_by_its_own_validators_to_the_letter(string? etag, string? modified)
    {
        await using var origin = await StaleAsync(("ETag", etag), ("Last-Modified", modified));
        Assert.Equal((null, null), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        origin.Answers(304, "");
        var validated = await origin.GetAsync();

        Assert.Equal((etag, modified), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        Assert.Equal((200, "one", Validated), ((int)validated.Status, validated.Body, validated.CacheStatus));
    }

    [Fact]
    public async Task The_fields_of_a_304_replace_the_stored_ones_but_not_those_that_describe_the_bytes()
    {
        await using var origin = await StaleAsync(("ETag", Tag), ("Content-Encoding", "x-own"), ("X-Kind", "old"), ("X-Stays", "here"));
        origin.Answers(304, "", ("ETag", "W/\"1\""), ("Cache-Control", "max-age=120"), ("X-Kind", "new"), ("X-More", "too"), ("Content-Encoding", "br"), ("Content-Length", "99"));
        var validated = await origin.GetAsync();
        origin.Later(100);
        var hit = await origin.GetAsync();

        Assert.Equal("RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=120", validated.CacheStatus);
        Assert.Equal("RedisExpiryCache; hit; ttl=20", hit.CacheStatus);
        foreach (var answer in new[] { validated, hit })
        {
            Assert.Equal(("one", "3", "x-own", Tag), (answer.Body, answer["Content-Length"], answer["Content-Encoding"], answer["ETag"]));
            Assert.Equal(("max-age=120", "new", "here", "too"), (answer["Cache-Control"], answer["X-Kind"], answer["X-Stays"], answer["X-More"]));
        }
    }

    [Fact]
    public async Task A_304_that_says_nothing_of_its_time_leaves_the_stored_time_and_counts_its_own_Age()
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Answers(304, "", ("Age", "10"));
        var validated = await origin.GetAsync();
        Assert.Equal((10, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=50"), (validated.Age, validated.CacheStatus));
        Assert.Equal((10, "max-age=60"), ((await origin.GetAsync()).Age, validated["Cache-Control"]));
    }

    [Fact]
    public async Task A_cookie_in_a_304_is_for_this_client_only()
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Confirms("one", ("ETag", Tag), ("Cache-Control", "max-age=60"), ("Set-Cookie", "session=alice"));
        var alice = await origin.GetAsync();
        origin.Confirms("one", ("ETag", Tag), ("Cache-Control", "max-age=60"));
        var bob = await origin.GetAsync();

        Assert.Equal((200, "one", "session=alice"), ((int)alice.Status, alice.Body, alice["Set-Cookie"]));
        Assert.Equal(("one", null), (bob.Body, bob["Set-Cookie"]));
        Assert.Null((await origin.GetAsync())["Set-Cookie"]);
    }

    [Fact]
    public async Task A_field_that_a_304_withholds_by_name_is_for_this_client_only()
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Answers(304, "", ("Cache-Control", "max-age=60, private=\"X-Name\""), ("X-Name", "alice"));
        var alice = await origin.GetAsync();
        var bob = await origin.GetAsync();

        Assert.Equal(("alice", Validated), (alice["X-Name"], alice.CacheStatus));
        Assert.Equal((true, null), (bob.IsHit, bob["X-Name"]));
    }

    [Fact]
    public async Task Who_stands_in_front_sees_the_requests_own_conditions_again_when_the_app_has_run()
    {
        var seen = new List<(string? Tags, string? Since)>();
        await using var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Outside = web => web.Use(async (context, next) =>
            {
                await next(context);
                seen.Add((context.Request.Headers.IfNoneMatch, context.Request.Headers.IfModifiedSince));
            }),
        });
        await StoreAsync(origin, ("ETag", Tag));
        origin.Answers(304, "");
        await origin.GetAsync();
        origin.Later(61);
        await origin.GetAsync(("If-None-Match", "\"mine\""), ("If-Modified-Since", Modified));

        Assert.Equal((Tag, null), (origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        await Eventually.True(() => seen.Count == 3, TimeSpan.FromSeconds(30), "the middleware in front to have run");
        Assert.Equal([(null, null), (null, null), ("\"mine\"", Modified)], seen);
    }

    [Fact]
    public async Task An_app_that_answers_anew_replaces_what_is_stored()
    {
        await using var origin = await StaleAsync(("ETag", Tag), ("X-Kind", "old"));
        origin.Answers(200, "two, and longer", ("Cache-Control", "max-age=60"), ("ETag", "\"2\""));
        var second = await origin.GetAsync();
        var hit = await origin.GetAsync();

        Assert.Equal(("two, and longer", "RedisExpiryCache; fwd=stale; stored"), (second.Body, second.CacheStatus));
        Assert.Equal((true, "two, and longer", "\"2\"", null), (hit.IsHit, hit.Body, hit["ETag"], hit["X-Kind"]));
        Assert.Single(await origin.StoredAsync(fixture.Server));
    }

    [Theory]
    [InlineData("no-cache", "0")]
    [InlineData("no-cache, max-age=60", "60")]
    [InlineData("max-age=0", "0")]
    [InlineData("max-age=0, must-revalidate", "0")]
    [InlineData("s-maxage=0, max-age=60", "0")]
    public async Task What_is_to_be_validated_before_each_use_is_stored_and_validated_each_time(string cacheControl, string ttl)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Confirms("one", ("Cache-Control", cacheControl), ("ETag", Tag));
        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", (await origin.GetAsync()).CacheStatus);
        for (var calls = 2; calls <= 4; calls++)
        {
            var answer = await origin.GetAsync();
            Assert.Equal((200, "one", $"RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl={ttl}"), ((int)answer.Status, answer.Body, answer.CacheStatus));
            Assert.Equal((calls, Tag), (origin.Calls, origin.LastAsked("If-None-Match")));
        }
    }

    [Theory]
    [InlineData("no-cache", "no-cache")]
    [InlineData("no-cache, max-age=60", "no-cache")]
    [InlineData("max-age=0", "already-stale")]
    public async Task What_is_to_be_validated_and_cannot_be_is_not_stored(string cacheControl, string detail)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answers(200, "one", ("Cache-Control", cacheControl));
        Assert.Equal(detail, (await origin.GetAsync()).Detail);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Theory]
    [InlineData("no-store", "no-store")]
    [InlineData("private, max-age=60", "private")]
    public async Task A_304_that_forbids_storing_is_served_and_what_was_stored_forgotten(string cacheControl, string reason)
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Confirms("one", ("ETag", Tag), ("Cache-Control", cacheControl));
        var validated = await origin.GetAsync();

        Assert.Equal((200, "one", cacheControl), ((int)validated.Status, validated.Body, validated["Cache-Control"]));
        Assert.StartsWith("RedisExpiryCache; fwd=stale; fwd-status=304", validated.CacheStatus, StringComparison.Ordinal);
        Assert.DoesNotContain("stored", validated.CacheStatus, StringComparison.Ordinal);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
        await origin.App.CountedAsync(1, "response.stores", ("reason", reason));

        await origin.GetAsync();
        Assert.Null(origin.LastAsked("If-None-Match"));
    }

    [Theory]
    [InlineData("url")]
    [InlineData("everything")]
    public async Task A_304_after_an_eviction_meanwhile_answers_the_client_and_is_not_stored(string evicted)
    {
        await using var origin = await StaleAsync(("ETag", Tag));
        origin.Answer = async context =>
        {
            if (evicted == "url")
                await origin.App.Control.EvictAsync(Origin.Path, TestContext.Current.CancellationToken);
            else
                await origin.App.Control.EvictAllAsync(TestContext.Current.CancellationToken);

            await Origin.SayAsync(context, 304);
        };
        var validated = await origin.GetAsync();
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"));
        var next = await origin.GetAsync();

        Assert.Equal((200, "one", "RedisExpiryCache; fwd=stale; fwd-status=304; ttl=60"), ((int)validated.Status, validated.Body, validated.CacheStatus));
        Assert.Equal(("two", "RedisExpiryCache; fwd=uri-miss; stored"), (next.Body, next.CacheStatus));
        Assert.Null(origin.LastAsked("If-None-Match"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Modified)]
    public async Task An_entity_tag_of_our_own_making_is_never_sent_to_the_app(string? modified)
    {
        await using var origin = await StaleAsync(("Last-Modified", modified));
        var ours = (await origin.GetAsync(("Cache-Control", "only-if-cached, max-stale")))["ETag"];
        Assert.NotNull(ours);
        origin.Confirms("one", ("Cache-Control", "max-age=60"), ("Last-Modified", modified));
        Assert.Equal("one", (await origin.GetAsync()).Body);
        Assert.Equal((2, null, modified), (origin.Calls, origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));

        // A second time, when what is stored has been brought up to date.
        origin.Later(61);
        Assert.Equal("one", (await origin.GetAsync()).Body);
        Assert.Equal((3, null, modified), (origin.Calls, origin.LastAsked("If-None-Match"), origin.LastAsked("If-Modified-Since")));
        Assert.Equal(ours, (await origin.GetAsync())["ETag"]);
    }

    [Theory]
    [InlineData("max-age=60", Tag, null, null, 3660)]
    [InlineData("max-age=60", null, null, null, 60)]
    [InlineData("max-age=60", Tag, "10", null, 3650)]
    [InlineData("max-age=60", Tag, null, 0, 60)]
    [InlineData("max-age=60", Tag, null, 500, 560)]
    [InlineData("max-age=60, must-revalidate", Tag, null, 500, 560)]
    [InlineData("no-cache", Tag, null, 500, 500)]
    [InlineData("max-age=60, stale-if-error=200", null, null, 500, 260)]
    [InlineData("max-age=60, stale-if-error=200", Tag, null, 500, 560)]
    [InlineData("max-age=60, stale-if-error=200, must-revalidate", null, null, 500, 60)]
    public async Task Redis_keeps_it_as_long_as_it_is_fresh_and_of_use_after_that(string cacheControl, string? etag, string? age, int? retention, int seconds)
    {
        await using var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Options = options => options.ResponseCaching.StaleRetention = TimeSpan.FromSeconds(retention ?? options.ResponseCaching.StaleRetention.TotalSeconds),
        });
        origin.Answers(200, "one", ("Cache-Control", cacheControl), ("ETag", etag), ("Age", age));
        await origin.GetAsync();
        var left = (await fixture.Server.TimeToLiveAsync(Assert.Single(await origin.StoredAsync(fixture.Server))))!.Value.TotalSeconds;
        Assert.True(left <= seconds && left > seconds - 30, left.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Without_retention_what_has_never_a_fresh_moment_is_not_stored()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, new AppSetup { Options = options => options.ResponseCaching.StaleRetention = TimeSpan.Zero });
        origin.Answers(200, "one", ("Cache-Control", "no-cache"), ("ETag", Tag));
        Assert.Equal("already-stale", (await origin.GetAsync()).Detail);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    private async Task<Origin> StaleAsync(params (string Name, string? Value)[] fields)
    {
        var origin = await Origin.StartAsync(fixture.Server);
        await StoreAsync(origin, fields);
        return origin;
    }

    /// <summary>A page that was fresh for a minute, a second ago.</summary>
    private static async Task StoreAsync(Origin origin, params (string Name, string? Value)[] fields)
    {
        origin.Answers(200, "one", [("Cache-Control", "max-age=60"), .. fields]);
        Assert.True((await origin.GetAsync()).WasStored);
        origin.Later(61);
    }
}
